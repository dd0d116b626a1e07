/** A part of a JSON schema, as the description holds them. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly example?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** The name that a reference is to. */
export const nameOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1);

/** A schema in one glance: JSON with types in the place of values; what may be missing has a question mark. */
export function shapeOf(schema: Schema | undefined, indent = ''): string {
  if (schema === undefined) return 'anything';
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((choice) => shapeOf(choice, indent)).join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map((part) => shapeOf(part, indent)).join(' & ');
  if (schema.properties !== undefined) {
    const inner = `${indent}  `;
    const members = Object.entries(schema.properties).map(([name, member]) => {
      const mark = schema.required?.includes(name) ? '' : '?';
      const note = member.description === undefined ? '' : `  // ${member.description}`;
      return `${inner}${name}${mark}: ${shapeOf(member, inner)}${note}`;
    });
    return `{\n${members.join('\n')}\n${indent}}`;
  }
  if (schema.type === 'array') return `[${shapeOf(schema.items, indent)}]`;
  if (typeof schema.additionalProperties === 'object') return `{name: ${shapeOf(schema.additionalProperties, indent)}}`;
  if (schema.type === 'object') return 'object';
  const type = [schema.type ?? 'anything'].flat().join(' | ');
  return schema.format === undefined ? type : `${type} (${schema.format})`;
}

/** A body to begin with: what must be there, with examples or the first of what may stand there. */
export function exampleOf(schema: Schema | undefined, resolve: (ref: string) => Schema | undefined): unknown {
  if (schema === undefined) return {};
  if (schema.$ref !== undefined) return exampleOf(resolve(nameOf(schema.$ref)), resolve);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice !== undefined) return exampleOf(choice, resolve);
  if (schema.properties !== undefined) {
    const needed = Object.entries(schema.properties).filter(([name]) => schema.required?.includes(name));
    return Object.fromEntries(needed.map(([name, member]) => [name, exampleOf(member, resolve)]));
  }
  switch ([schema.type].flat()[0]) {
    case 'array':
      return [];
    case 'object':
      return {};
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    default:
      return '';
  }
}
