/** The statement as the lint sees it: only what agreed SQL may be made of has a shape here. */
import type { Token } from './tokens.ts';

export interface Query {
  readonly ctes: readonly Cte[];
  readonly body: Body;
  readonly orderBy: readonly OrderItem[];
}
export interface Cte {
  readonly name: Token;
  readonly query: Query;
}
export type Body =
  | { readonly kind: 'select'; readonly select: Select }
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[]; readonly at: Token }
  | {
      readonly kind: 'set';
      readonly operator: 'union' | 'union all' | 'intersect' | 'except';
      readonly left: Body;
      readonly right: Body;
    }
  | { readonly kind: 'nested'; readonly query: Query };

export interface Select {
  readonly at: Token;
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: readonly Source[];
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[];
  readonly having: Expression | null;
}
export interface SelectItem {
  readonly expression: Expression;
  readonly alias: Token | null;
}
export interface Source {
  readonly relation: Relation;
  /** How it joins what stands before it; `first` for the first one. */
  readonly join: 'first' | 'inner' | 'left' | 'right' | 'full' | 'cross';
  readonly on: Expression | null;
}
export type Relation =
  | { readonly kind: 'table'; readonly name: Token; readonly alias: Token | null }
  | {
      readonly kind: 'derived';
      readonly query: Query;
      readonly alias: Token;
      readonly columns: readonly Token[];
    };

export interface OrderItem {
  readonly expression: Expression;
}

export type Expression =
  | { readonly kind: 'star'; readonly at: Token }
  | { readonly kind: 'column'; readonly at: Token; readonly table: string | null; readonly name: string }
  | { readonly kind: 'literal'; readonly at: Token; readonly type: LiteralType; readonly value: string }
  | { readonly kind: 'parameter'; readonly at: Token }
  | {
      readonly kind: 'call';
      readonly at: Token;
      readonly name: string;
      readonly distinct: boolean;
      readonly args: readonly Expression[];
      readonly over: boolean;
    }
  | { readonly kind: 'cast'; readonly at: Token; readonly operand: Expression; readonly type: string }
  | {
      readonly kind: 'binary';
      readonly at: Token;
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  /** Everything else that only holds other expressions: not, case, in, between, is null, unary minus. */
  | {
      readonly kind: 'group';
      readonly at: Token;
      readonly word: string;
      readonly parts: readonly Expression[];
    }
  | { readonly kind: 'subquery'; readonly at: Token; readonly query: Query };

export type LiteralType =
  'varchar' | 'integer' | 'decimal' | 'double' | 'boolean' | 'date' | 'interval' | 'null';
