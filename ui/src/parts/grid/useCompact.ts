import { type RefObject, useLayoutEffect, useState } from 'react';

/** Whether the element is narrower than what it has to hold. */
export function useCompact(element: RefObject<HTMLElement | null>, needed: number): boolean {
  const [compact, setCompact] = useState(false);
  useLayoutEffect(() => {
    const box = element.current;
    if (!box) return;
    const measure = () => setCompact(box.clientWidth < needed);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, [element, needed]);
  return compact;
}
