/** Routes in the configuration: what differs from the ordinary tables, and rows that are tried before the ordinary ones. */
import { z } from 'zod'
import { DEFAULT_ROUTES, PAYING, routeProblems, ROUTES, STEPS, type Route, type RouteTable } from '../domain/routes.ts'

const steps = z.array(z.enum(STEPS))
const figure = z.string().regex(/^\d+(\.\d+)?$/, 'is no amount')

export const ROUTING = z.strictObject({
  routes: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
      z.strictObject({
        like: z.string().optional(),
        requires: steps.optional(),
        postAfter: steps.optional(),
        releaseAfter: steps.optional(),
        submits: z.boolean().optional(),
        waives: z.boolean().optional(),
        pays: z.enum(PAYING).optional(),
        account: z.string().min(1).max(40).nullable().optional(),
      }),
    )
    .default({})
    .describe('routes by name: one as it is ordinarily, or `like` another, with what is different'),
  choice: z
    .array(
      z.strictObject({
        route: z.string(),
        when: z.strictObject({
          kind: z.enum(['invoice', 'credit-note']).optional(),
          typeCodes: z.array(z.string()).optional(),
          meansCodes: z.array(z.string()).optional(),
          ordered: z.boolean().optional(),
          suppliers: z.array(z.string()).optional(),
          entities: z.array(z.string()).optional(),
          upTo: z.strictObject({ amount: figure, currency: z.string().regex(/^[A-Z]{3}$/, 'is no currency') }).optional(),
        }),
      }),
    )
    .default([])
    .describe('rows that choose a route, tried before the ordinary ones'),
})
type Routing = z.infer<typeof ROUTING>

/** The tables that result. What `like` names is an ordinary route. */
export function routingOf({ routes, choice }: Routing): RouteTable {
  const own = Object.entries(routes).map(([name, { like, ...different }]): [string, Route] => [
    name,
    { ...ordinary(like ?? name), ...given(different) },
  ])
  const rows = choice.map(({ route, when }) => ({ route, when: given(when) }))
  return { routes: { ...DEFAULT_ROUTES.routes, ...Object.fromEntries(own) }, choice: [...rows, ...DEFAULT_ROUTES.choice] }
}

/** Sentences without their full stop. */
export function routingProblems(routing: Routing): string[] {
  const unknown = Object.entries(routing.routes).filter(([name, { like }]) => !Object.hasOwn(ROUTES, like ?? name))
  const sentences = unknown.map(([name, { like }]) =>
    like === undefined
      ? `route ${name} is none of the ordinary ones: say with like which it is made after (${Object.keys(ROUTES).join(', ')})`
      : `route ${name} is like ${like}, which is no ordinary route (${Object.keys(ROUTES).join(', ')})`,
  )
  return [...sentences, ...(sentences.length > 0 ? [] : routeProblems(routingOf(routing)))]
}

const ordinary = (name: string): Route => DEFAULT_ROUTES.routes[name] ?? ROUTES['non-po']

/** Without what was left out. */
function given<T extends object>(values: T): { readonly [key in keyof T]: Exclude<T[key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    readonly [key in keyof T]: Exclude<T[key], undefined>
  }
}
