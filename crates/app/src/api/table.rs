//! The table of commands: every door of the application is made from it.
//!
//! Entry point: [`command_table!`](crate::command_table), which hands the whole table to another
//! macro. The shell makes its Tauri commands from it, the development server its routes, the
//! bindings test its TypeScript. `observe` commands never write to a cluster; `operate` commands
//! may; `watch` commands answer with a stream.

/// Calls `$callback!` with every command: class, name, request and answer.
#[macro_export]
macro_rules! command_table {
    ($callback:ident) => {
        $callback! {
            observe app_info(Nothing) -> AppInfo;
            observe settings_get(Nothing) -> Settings;
            observe settings_change(SettingsChange) -> Settings;
            observe istioctl_list(Nothing) -> Vec<IstioctlBinary>;
            observe read_only_set(ReadOnly) -> ReadOnly;
            observe context_list(Nothing) -> ContextList;
            observe context_open(ContextName) -> ContextRow;
            observe context_close(ContextName) -> Nothing;
            observe context_scan(ContextName) -> MeshSummary;
            observe asm_credentials(AsmCredentialChoice) -> AsmCredentials;
            observe asm_instances(AsmRegion) -> AsmInstances;
            observe target_choose(TargetChoice) -> Nothing;
            observe precheck_run(PrecheckRequest) -> PrecheckView;
            observe plan_make(PlanRequest) -> PlanView;
            observe run_list(Nothing) -> Vec<RunSummary>;
            observe run_report(RunId) -> Report;
            observe run_roll_back_plan(RunId) -> PlanView;
            observe planner_choices(Nothing) -> PlannerChoices;
            observe planner_routes(RouteRequest) -> RouteList;
            observe planner_look_again(ContextName) -> Nothing;
            observe catalogue_get(Nothing) -> CatalogueView;
            observe injection_simulate(InjectionRequest) -> InjectionView;
            observe runbook_make(RunbookRequest) -> Runbook;
            observe runbook_save(SaveRunbook) -> SavedFile;
            observe snapshot_save(SaveSnapshot) -> SavedFile;
            observe snapshot_open(FileName) -> ContextRow;
            observe snapshot_forget(ContextName) -> Nothing;
            operate run_start(StartRun) -> RunStarted;
            operate run_pause(RunId) -> Nothing;
            operate run_resume(RunId) -> Nothing;
            operate run_abort(RunId) -> Nothing;
            operate run_answer(RunAnswer) -> Nothing;
            operate injection_prove(ProofRequest) -> ProofView;
            operate hand_off_simulate(RunId) -> Nothing;
            watch app_watch(WatchApp) -> AppEvent;
            watch mesh_watch(WatchMesh) -> MeshEvent;
            watch run_watch(WatchRun) -> RunUpdate;
            observe watch_end(WatchId) -> Nothing;
        }
    };
}
