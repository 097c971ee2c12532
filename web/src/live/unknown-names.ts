import type { UnknownEquipmentList } from '../../../src/api/schemas.ts'
import { scalar } from './yaml.ts'

export type UnknownName = UnknownEquipmentList['names'][number]

export interface YamlLine {
  /** Where the line goes in ecluse.yaml. */
  readonly where: string
  readonly line: string
}

/** What to declare so that the name is known: an alias of a place, or the place itself where names are paths. */
export function yamlOf({ system, name }: Pick<UnknownName, 'system' | 'name'>, path: string): YamlLine {
  if (system === undefined) return { where: 'equipment:', line: `${scalar(name)}: { level: work-unit }` }
  return { where: `equipment: › ${path}: › aliases:`, line: `- { system: ${inFlow(system)}, name: ${inFlow(name)} }` }
}

/** Inside braces a comma or a brace would end the text. */
const inFlow = (text: string): string => (/[,{}[\]]/.test(text) ? JSON.stringify(text) : scalar(text))
