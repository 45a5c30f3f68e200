import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

/** A reader who is this close to the end is at it. */
const nearly = 24;

/**
 * Keeps a box at the end of what grows in it until its reader goes up, and again once they are back
 * at the end. Growing and resizing move the end away from the reader; that alone is not going up.
 */
export function useFollowing(scroller: RefObject<HTMLElement | null>) {
  const [follows, setFollows] = useState(true);
  const last = useRef(0);

  const toEnd = useCallback(() => {
    const box = scroller.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, [scroller]);

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const goesUp = box.scrollTop < last.current;
    last.current = box.scrollTop;
    if (box.scrollTop + box.clientHeight >= box.scrollHeight - nearly) setFollows(true);
    else if (goesUp) setFollows(false);
  }, [scroller]);

  useEffect(() => {
    const box = scroller.current;
    if (!box || !follows) return;
    const sizes = new ResizeObserver(toEnd);
    sizes.observe(box);
    return () => sizes.disconnect();
  }, [scroller, follows, toEnd]);

  return { follows, onScroll, toEnd };
}
