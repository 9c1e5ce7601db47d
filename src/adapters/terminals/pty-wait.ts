/** Waiting with an end. */

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What `promise` gives, or `otherwise` when that takes longer than `ms`. */
export async function within<T, const U>(ms: number, promise: Promise<T> | T, otherwise: U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<U>((resolve) => {
    timer = setTimeout(resolve, ms, otherwise);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
