/** Figures in the Prometheus text format, read as a monitor reads them. */

export function figure(text: string, name: string, label = ''): number {
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name + (label ? '{' : ' ')) && line.includes(label))
      ?.split(' ')
      .at(-1),
  )
}

/** Lines that break the exposition format: no such line, a metric in two places, a type said twice. */
export function malformed(text: string): string[] {
  const problems: string[] = []
  const done = new Set<string>()
  let current = ''
  if (!text.endsWith('\n')) problems.push('does not end with a line feed')
  for (const line of text.split('\n').slice(0, -1)) {
    const name = /^(?:# (?:HELP|TYPE) )?([a-zA-Z_:][a-zA-Z0-9_:]*)/u.exec(line)?.[1]
    if (
      name === undefined ||
      !/^(# HELP \S+ .*|# TYPE \S+ (counter|gauge)|[a-z_]+(\{([a-z_]+="(\\.|[^"\\])*",?)*\})? -?[0-9.e+-]+)$/u.test(line)
    ) {
      problems.push(line)
    } else if (name !== current) {
      if (done.has(name)) problems.push(`${name} stands in two places`)
      done.add(name)
      current = name
    }
  }
  return problems
}
