import { createContext, type PropsWithChildren, useContext, useState } from 'react';
import { type Asked, PlanDialog } from './PlanDialog.tsx';

const PlanContext = createContext<(asked: Asked) => void>(() => undefined);

export function PlanProvider({ children }: PropsWithChildren) {
  const [asked, setAsked] = useState<Asked>();
  return (
    <PlanContext value={setAsked}>
      {children}
      {asked && <PlanDialog asked={asked} onClose={() => setAsked(undefined)} />}
    </PlanContext>
  );
}

/** Shows the plan of an action and starts it when it is confirmed. */
export function usePlanDialog(): (asked: Asked) => void {
  return useContext(PlanContext);
}
