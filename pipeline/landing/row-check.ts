/** Checks the data rows of a delivery, cell by cell, and writes each accepted one in its canonical form. */
import type { Column, FeedContract } from '../contract/model.ts';
import { keyColumns } from '../contract/load.ts';
import { CELL_END, DELETE, ROW_END, type RowSink, UPSERT } from '../contract/rows.ts';
import type { IsoDate } from '../zones.ts';
import type { CellFault, CellRule, Out } from './cells/rule.ts';
import { ruleOf } from './cells/rules-of.ts';
import { columnLetter, FaultList, shapeOf, textOf } from './fault.ts';
import type { HeaderPlan } from './header.ts';
import { KeySet } from './key-set.ts';
import type { ScannedRecord } from './scanner.ts';

export interface RowCheckOptions {
  readonly contract: FeedContract;
  readonly today: IsoDate;
  readonly gateways: readonly string[];
  readonly sink: RowSink | null;
}

/** One column, ready for the loop. */
interface Lane {
  readonly column: Column;
  readonly rule: CellRule;
  readonly uniques: KeySet | null;
  readonly keyPlace: number;
}

const BATCH_BYTES = 1 << 20;
const SPACE = 0x20;

/** Marks that stand for "nothing known" in old systems; never in a name, because Null is a surname. */
const MISSING_MARK = /^(null|n\/a|#n\/a|na|nil|none|unknown|not known|not recorded|-+|\?)$/i;

export class RowCheck {
  /** Refuse the file. */
  readonly errors = new FaultList();
  /** Cells emptied; they become errors when there are more than the contract allows. */
  readonly emptied = new FaultList();
  readonly warnings = new FaultList();
  rows = 0;
  upserts = 0;
  deletes = 0;
  rowsWithEmptiedCells = 0;
  deletesUpload = false;
  readonly #lanes: readonly Lane[];
  readonly #keyLanes: readonly number[];
  readonly #keys = new KeySet();
  readonly #keyBytes: Out = { bytes: new Uint8Array(1 << 12), at: 0 };
  readonly #cellStart: Int32Array;
  readonly #cellEnd: Int32Array;
  readonly #sink: RowSink | null;
  readonly #out: Out = { bytes: new Uint8Array(1 << 16), at: 0 };
  #blankFrom: number[] = [];
  #blankRows = 0;

  constructor(options: RowCheckOptions) {
    const keys = keyColumns(options.contract).map((column) => column.name);
    this.#lanes = options.contract.columns.map((column) => ({
      column,
      rule: ruleOf(column, options),
      uniques: column.unique && !(keys.length === 1 && keys[0] === column.name) ? new KeySet() : null,
      keyPlace: keys.indexOf(column.name),
    }));
    this.#keyLanes = keys.map((name) => options.contract.columns.findIndex((column) => column.name === name));
    this.#cellStart = new Int32Array(this.#lanes.length);
    this.#cellEnd = new Int32Array(this.#lanes.length);
    this.#sink = options.sink;
  }

  /** Rows with nothing in them that stand at the end of the file. */
  get blankTailRows(): number {
    return this.#blankRows;
  }

  /** A data row; `plan` is null when the header was refused, and rows are only counted. */
  row(record: ScannedRecord, plan: HeaderPlan | null): void {
    if (isBlank(record)) {
      if (this.#blankRows++ < 1_000) this.#blankFrom.push(record.line);
      return;
    }
    if (this.#blankRows > 0) this.#refuseBlankRows();
    this.rows++;
    if (plan === null || !this.#hasRightLength(record, plan)) return;

    const out = this.#out;
    this.#makeRoom(record);
    const at = out.at;
    out.at += this.#sink?.prefixBytes ?? 0;
    const isDelete = this.#change(record, plan);
    out.bytes[out.at++] = isDelete ? DELETE : UPSERT;
    const isWhole = this.#cells(record, plan, isDelete);
    out.bytes[out.at++] = ROW_END;
    const isNew = this.#key(record, plan);
    if (isDelete) this.deletes++;
    else this.upserts++;

    if (this.#sink === null || this.errors.counts.size > 0 || !isWhole || !isNew) out.at = at;
    else {
      this.#sink.row(out.bytes, at, this.#keyBytes.bytes, 0, this.#keyBytes.at);
      if (out.at >= BATCH_BYTES) this.flush();
    }
  }

  /** Hands the last rows on. */
  flush(): void {
    if (this.#out.at > 0) this.#sink?.write(this.#out.bytes.subarray(0, this.#out.at));
    this.#out.at = 0;
  }

  /** All cells of a row, in the contract's order; false where the row has a fault that refuses the file. */
  #cells(record: ScannedRecord, plan: HeaderPlan, isDelete: boolean): boolean {
    const { bytes, starts, ends } = record;
    const out = this.#out;
    const lanes = this.#lanes;
    const cellOf = plan.cellOf;
    let isWhole = true;
    let hasEmptied = false;
    for (let place = 0; place < lanes.length; place++) {
      const lane = lanes[place] as Lane; // place is below length
      out.bytes[out.at++] = CELL_END;
      const from = out.at;
      const cell = cellOf[place] ?? -1;
      if (cell >= 0 && (!isDelete || lane.keyPlace >= 0)) {
        let start = starts[cell] ?? 0;
        let end = ends[cell] ?? 0;
        while (start < end && (bytes[start] ?? 0) <= SPACE) start++;
        while (end > start && (bytes[end - 1] ?? 0) <= SPACE) end--;
        if (end - start >= 2 && (bytes[start] === 0xc2 || bytes[end - 2] === 0xc2)) {
          while (end - start >= 2 && bytes[start] === 0xc2 && bytes[start + 1] === 0xa0) start += 2;
          while (end - start >= 2 && bytes[end - 2] === 0xc2 && bytes[end - 1] === 0xa0) end -= 2;
        }
        if (start === end) {
          if (lane.column.required && !this.#required(record, cell, lane)) isWhole = false;
        } else {
          const found = lane.rule(bytes, start, end, out);
          if (found !== null) {
            out.at = from;
            const outcome = this.#faulty(record, cell, lane, found, start, end);
            if (outcome === 'refused') isWhole = false;
            else if (outcome === 'emptied') hasEmptied = true;
          } else if (lane.uniques !== null && out.at > from && !this.#unique(record, cell, lane, from))
            isWhole = false;
        }
      }
      this.#cellStart[place] = from;
      this.#cellEnd[place] = out.at;
    }
    if (hasEmptied) this.rowsWithEmptiedCells++;
    return isWhole;
  }

  #required(record: ScannedRecord, cell: number, lane: Lane): boolean {
    this.#add(
      this.errors,
      record,
      cell,
      lane.column,
      lane.keyPlace >= 0 ? 'primary-key' : 'constraint-error',
      null,
      {
        problem:
          lane.keyPlace >= 0 ? 'the key of the row is missing' : 'is empty, and the contract requires it',
        remedy: 'Fill the cell at source and send the file again.',
      },
    );
    return false;
  }

  #unique(record: ScannedRecord, cell: number, lane: Lane, from: number): boolean {
    const seen = lane.uniques?.add(this.#out.bytes, from, this.#out.at, record.line) ?? 0;
    if (seen === 0) return true;
    this.#add(this.errors, record, cell, lane.column, 'unique-error', null, {
      problem: `is the same as on line ${seen}, and the contract wants every row to differ`,
      remedy: 'Send each value once.',
    });
    return false;
  }

  /** What a fault in a cell means: the file comes back, the cell is emptied, or it only said that nothing is known. */
  #faulty(
    record: ScannedRecord,
    cell: number,
    lane: Lane,
    found: CellFault,
    start: number,
    end: number,
  ): 'refused' | 'emptied' | 'missing' {
    const { column } = lane;
    const text = textOf(record.bytes, start, end);
    const isMark = !found.refusesFile && !column.required && MISSING_MARK.test(text);
    if (found.deletesUpload === true) this.deletesUpload = true;
    if (isMark) {
      this.#add(this.warnings, record, cell, column, 'missing-value', text, {
        problem: 'holds a mark for "not known"',
        remedy: 'Nothing: it was read as empty. Better leave the cell empty at source.',
      });
      return 'missing';
    }
    const refuses = column.required || found.refusesFile;
    this.#add(refuses ? this.errors : this.emptied, record, cell, column, found.rule, text, found);
    return refuses ? 'refused' : 'emptied';
  }

  /** Whether this row takes a record out; only in a changes delivery. */
  #change(record: ScannedRecord, plan: HeaderPlan): boolean {
    if (plan.changeAt < 0) return false;
    const text = textOf(
      record.bytes,
      record.starts[plan.changeAt] ?? 0,
      record.ends[plan.changeAt] ?? 0,
    ).trim();
    const word = text.toLowerCase();
    if (word === 'delete') return true;
    if (word !== 'upsert') {
      this.#add(this.errors, record, plan.changeAt, null, 'constraint-error', text, {
        problem: 'the column change holds neither upsert nor delete',
        remedy: 'Write upsert for a new or corrected row, delete for one to take out.',
      });
    }
    return false;
  }

  /** Puts the key together and looks whether it came before. */
  #key(record: ScannedRecord, plan: HeaderPlan): boolean {
    const key = this.#keyBytes;
    key.at = 0;
    for (const place of this.#keyLanes) {
      const [start, end] = [this.#cellStart[place] ?? 0, this.#cellEnd[place] ?? 0];
      if (start === end) return false;
      if (key.at > 0) key.bytes[key.at++] = CELL_END;
      for (let at = start; at < end && key.at < key.bytes.length - 1; at++)
        key.bytes[key.at++] = this.#out.bytes[at] ?? 0;
    }
    if (key.at === 0) return true;
    const seen = this.#keys.add(key.bytes, 0, key.at, record.line);
    if (seen === 0) return true;
    const first = this.#keyLanes[0] ?? 0;
    const column = this.#lanes[first]?.column ?? null;
    this.#add(this.errors, record, plan.cellOf[first] ?? 0, column, 'primary-key', null, {
      problem: `the key of this row stands on line ${seen} as well`,
      remedy: 'Send each row once; keep the newest.',
    });
    return false;
  }

  #hasRightLength(record: ScannedRecord, plan: HeaderPlan): boolean {
    if (record.count === plan.cells) return true;
    let cells = record.count;
    // Cells under the empty columns the header ends in may be there or not, but hold nothing.
    while (cells > plan.cells && cells <= plan.cellsWithEmptyTail && isEmptyCell(record, cells - 1)) cells--;
    if (cells === plan.cells) return true;
    const isShort = cells < plan.cells;
    this.#add(
      this.errors,
      record,
      isShort ? cells : plan.cells,
      null,
      isShort ? 'missing-cell' : 'extra-cell',
      null,
      {
        problem: `the row has ${cells} ${cells === 1 ? 'cell' : 'cells'} and the header ${plan.cells}`,
        remedy: 'Put quotation marks round values that hold the delimiter or a line end.',
      },
    );
    return false;
  }

  #refuseBlankRows(): void {
    for (const line of this.#blankFrom) {
      this.errors.add({
        line,
        record: this.rows + 1,
        column: null,
        letter: null,
        rule: 'blank-row',
        value: null,
        problem: 'the row is empty, and more rows follow',
        remedy: 'Take the row out.',
      });
    }
    this.#blankFrom = [];
    this.#blankRows = 0;
  }

  #add(
    list: FaultList,
    record: ScannedRecord,
    cell: number,
    column: Column | null,
    rule: string,
    text: string | null,
    words: { readonly problem: string; readonly remedy: string },
  ): void {
    if (!list.count(rule)) return;
    const { problem, remedy } = words;
    const value = text === null ? null : shapeOf(text);
    list.listed.push({
      line: record.line,
      record: this.rows,
      column: column?.name ?? null,
      letter: columnLetter(cell),
      rule,
      value,
      problem,
      remedy,
    });
  }

  /** A row grows at most threefold (one small character can become a longer one) and by what the rules add. */
  #makeRoom(record: ScannedRecord): void {
    const size = (record.ends[record.count - 1] ?? 0) - (record.starts[0] ?? 0);
    const needed = this.#out.at + size * 3 + this.#lanes.length * 32 + 4_096;
    if (needed <= this.#out.bytes.length) return;
    const grown = new Uint8Array(needed * 2);
    grown.set(this.#out.bytes.subarray(0, this.#out.at));
    this.#out.bytes = grown;
  }
}

function isEmptyCell({ bytes, starts, ends }: ScannedRecord, cell: number): boolean {
  for (let at = starts[cell] ?? 0; at < (ends[cell] ?? 0); at++) if ((bytes[at] ?? 0) > SPACE) return false;
  return true;
}

function isBlank(record: ScannedRecord): boolean {
  for (let cell = 0; cell < record.count; cell++) if (!isEmptyCell(record, cell)) return false;
  return true;
}
