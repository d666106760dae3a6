/**
 * A defect that a chaos run asks for, to see that its oracle notices: `duplicates` lets doubled messages through, `credits` loses
 * credits. Nothing else sets the variable; it is read once.
 */
export const deliberateDefect: string | undefined = process.env.AICLUSTER_DELIBERATE_DEFECT
