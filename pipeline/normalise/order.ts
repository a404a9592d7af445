/** In which order deliveries of one feed take effect, however they arrived: by the day their data was taken. */
import type { DeliveryId, IsoDate } from '../zones.ts';

export interface Ordered {
  readonly deliveryId: DeliveryId;
  readonly extracted: IsoDate | null;
}

/** The day the data speaks of: as the sender signed it, or else the day the upload was issued. */
export const takenOn = ({ deliveryId, extracted }: Ordered): IsoDate =>
  extracted ?? `${deliveryId.slice(0, 4)}-${deliveryId.slice(4, 6)}-${deliveryId.slice(6, 8)}`;

/** Oldest data first; of one day, the one issued first. What is older than the data in force comes too late to count. */
export function orderDeliveries<Delivery extends Ordered>(
  deliveries: readonly Delivery[],
  lastExtracted: IsoDate | null,
): { readonly inOrder: readonly Delivery[]; readonly superseded: readonly Delivery[] } {
  const sorted = deliveries.toSorted((left, right) => {
    const [one, other] = [`${takenOn(left)} ${left.deliveryId}`, `${takenOn(right)} ${right.deliveryId}`];
    return one < other ? -1 : one > other ? 1 : 0;
  });
  const isLate = (delivery: Delivery): boolean => lastExtracted !== null && takenOn(delivery) < lastExtracted;
  return { inOrder: sorted.filter((delivery) => !isLate(delivery)), superseded: sorted.filter(isLate) };
}
