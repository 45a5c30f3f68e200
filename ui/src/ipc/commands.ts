import type {
  ApiError,
  AppEvent,
  AppInfo,
  ContextList,
  ContextName,
  ContextRow,
  IstioctlBinary,
  MeshEvent,
  MeshSummary,
  Nothing,
  PlannerChoices,
  PlanRequest,
  PlanView,
  PrecheckRequest,
  PrecheckView,
  ReadOnly,
  Report,
  RouteList,
  RouteRequest,
  RunAnswer,
  RunId,
  RunStarted,
  RunSummary,
  RunUpdate,
  Settings,
  StartRun,
  TargetChoice,
  WatchApp,
  WatchId,
  WatchMesh,
  WatchRun,
} from './bindings.ts';

/** Commands with one answer: request and answer by name. Both doors use these names. */
export interface Calls {
  app_info: [Nothing, AppInfo];
  settings_get: [Nothing, Settings];
  settings_set: [Settings, Settings];
  istioctl_list: [Nothing, IstioctlBinary[]];
  read_only_set: [ReadOnly, ReadOnly];
  context_list: [Nothing, ContextList];
  context_open: [ContextName, ContextRow];
  context_close: [ContextName, Nothing];
  context_scan: [ContextName, MeshSummary];
  target_choose: [TargetChoice, Nothing];
  precheck_run: [PrecheckRequest, PrecheckView];
  plan_make: [PlanRequest, PlanView];
  run_list: [Nothing, RunSummary[]];
  run_report: [RunId, Report];
  run_roll_back_plan: [RunId, PlanView];
  planner_choices: [Nothing, PlannerChoices];
  planner_routes: [RouteRequest, RouteList];
  run_start: [StartRun, RunStarted];
  run_pause: [RunId, Nothing];
  run_resume: [RunId, Nothing];
  run_abort: [RunId, Nothing];
  run_answer: [RunAnswer, Nothing];
  watch_end: [WatchId, Nothing];
}

/** Commands that answer with a stream of messages. */
export interface Watches {
  app_watch: [WatchApp, AppEvent];
  mesh_watch: [WatchMesh, MeshEvent];
  run_watch: [WatchRun, RunUpdate];
}

export type CallName = keyof Calls;
export type WatchName = keyof Watches;
export type Request<C extends CallName> = Calls[C][0];
export type Answer<C extends CallName> = Calls[C][1];
export type WatchRequest<W extends WatchName> = Omit<Watches[W][0], 'watchId'>;
export type Message<W extends WatchName> = Watches[W][1];

export interface Observer<M> {
  next: (message: M) => void;
  failed: (error: ApiError) => void;
  /** There is nothing more to say. */
  ended: () => void;
}

/** The one way from the window to the application. */
export interface Door {
  call<C extends CallName>(command: C, request: Request<C>): Promise<Answer<C>>;
  /** Returns the function that ends the watch. */
  watch<W extends WatchName>(
    command: W,
    request: WatchRequest<W>,
    observer: Observer<Message<W>>,
  ): () => void;
}
