/** Times of the day and time zones, as the configuration says them. */
import { z } from 'zod'
import { isZone } from '../lib/time.ts'

export const TIME_OF_DAY = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is a time of the day as 07:00')
export const ZONE = z.string().refine(isZone, 'is no time zone as Europe/Berlin')
