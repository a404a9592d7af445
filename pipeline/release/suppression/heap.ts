/** A binary heap of whole numbers by a cost, without objects: the queue of a shortest-path search. */

export class Heap {
  private readonly items: number[] = [];
  private readonly costs: number[] = [];

  get size(): number {
    return this.items.length;
  }

  clear(): void {
    this.items.length = 0;
    this.costs.length = 0;
  }

  push(item: number, cost: number): void {
    let at = this.items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if ((this.costs[above] ?? 0) <= cost) break;
      this.items[at] = this.items[above] ?? 0;
      this.costs[at] = this.costs[above] ?? 0;
      at = above;
    }
    this.items[at] = item;
    this.costs[at] = cost;
  }

  /** The item of least cost; only where there is one. */
  pop(): number {
    const top = this.items[0] ?? 0;
    const item = this.items.pop() ?? 0;
    const cost = this.costs.pop() ?? 0;
    const size = this.items.length;
    if (size === 0) return top;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (this.costs[child + 1] ?? 0) < (this.costs[child] ?? 0)) child += 1;
      if ((this.costs[child] ?? 0) >= cost) break;
      this.items[at] = this.items[child] ?? 0;
      this.costs[at] = this.costs[child] ?? 0;
      at = child;
    }
    this.items[at] = item;
    this.costs[at] = cost;
    return top;
  }
}
