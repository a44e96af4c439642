/** What happens on the links: to the database, to each target, at the hubs' doors, to notices and files. */
import type { ByteFault } from '../links/byte-link.ts'
import type { FileFault } from '../links/folder-link.ts'
import type { HttpFault, HttpLink, HttpRule } from '../links/http-link.ts'
import type { Target } from '../world/company.ts'
import { counting, later, type Begin, type Ongoing } from './case.ts'

export const onDatabase =
  (fault: ByteFault): Begin =>
  async ({ world, dice }) => {
    const links = (dice.chance(0.3) ? world.hubs : [dice.pick(world.hubs)]).map(({ link }) => link)
    for (const link of links) link.set(fault)
    return counting(links, () => {
      for (const link of links) link.heal()
    })
  }

const onLinks = (links: readonly HttpLink[], rule: HttpRule): Ongoing => {
  const rulings = links.map((link) => ({ link, ruling: link.set(rule) }))
  return counting(
    rulings.map(({ ruling }) => ruling),
    () => {
      for (const { link, ruling } of rulings) link.heal(ruling)
    },
  )
}

export const onTarget =
  (target: Target, rule: HttpRule): Begin =>
  async ({ world }) =>
    onLinks([world.company.links[target]], rule)

/** One posting lands later than the ERP promises. */
export const postsLate =
  (ms: number): Begin =>
  async ({ world, excuse }) =>
    onLinks([world.company.links.erp], {
      fault: { kind: 'late', ms },
      effects: true,
      path: /^\/documents$/u,
      times: 1,
      meets: (body) => {
        excuse((JSON.parse(body.toString()) as { readonly vendorDocNo: string }).vendorDocNo)
      },
    })

export const onDoor =
  (fault: HttpFault): Begin =>
  async ({ world, dice }) =>
    onLinks([dice.pick(world.hubs).door], { fault })

export const onNotices =
  (fault: HttpFault): Begin =>
  async ({ world }) =>
    onLinks([world.notices], { fault })

export const onFiles =
  (way: 'out' | 'back', fault: FileFault): Begin =>
  async ({ world }) => {
    const link = world.company.files[way]
    link.set(fault)
    return counting([link], () => {
      link.heal()
    })
  }

/** Every link is stopped, one after the other, a hub dies meanwhile, and they come back in another order. It meets whoever comes to one of them. */
export const cascade: Begin = async ({ world, dice }) => {
  const links = [...Object.values(world.company.links), world.notices, ...world.hubs.map(({ door }) => door)]
  const stopped: { readonly link: HttpLink; readonly ruling: ReturnType<HttpLink['set']> }[] = []
  for (const link of dice.shuffled(links)) {
    stopped.push({ link, ruling: link.set({ fault: { kind: 'down' } }) })
    await later(dice.whole(20, 120))
  }
  const toDatabase = world.hubs.map(({ link }) => link)
  const ongoing = counting([...stopped.map(({ ruling }) => ruling), ...toDatabase], async () => {
    for (const link of dice.shuffled(toDatabase)) link.heal()
    for (const { link, ruling } of dice.shuffled(stopped)) {
      link.heal(ruling)
      await later(dice.whole(20, 120))
    }
  })
  for (const link of toDatabase) link.set({ kind: 'refuse' })
  await dice.pick(world.hubs).kill()
  return ongoing
}
