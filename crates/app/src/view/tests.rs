//! Tables: every button says why it may not be pressed, every row says why it is as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshlift_cluster::provider::istioctl::Binary;
use meshlift_core::catalog::Catalog;
use meshlift_core::dataplane;
use meshlift_core::inventory::*;
use meshlift_core::policy::Profile;
use meshlift_core::precheck::{ChangeId, Finding, Lost, Problem, Severity};
use meshlift_core::rollout::{Asked, Istiods};
use rstest::rstest;

use super::roles::roles;
use super::scene::{Prechecks, Scene};
use super::{findings, mesh, rows, tabs, targets};
use crate::api::dto::{
    Availability, ContextSettings, ForeignRun, MeshView, OperationKind, PhraseCode as Code,
    PrecheckView, RevisionRole, RowState, RunSummary,
};

// ---------------------------------------------------------------------- what was not read

#[test]
fn a_target_that_nobody_read_does_not_make_a_version_the_latest() {
    let mut instance = Instance::default();
    assert_eq!(tabs::no_asm_target(&instance).code, Code::ReasonNoAsmTarget);

    let gap = Unreadable { what: UPGRADE_TARGET.to_owned(), why: "no route to it".to_owned() };
    instance.unreadable.push(gap);

    let said = tabs::no_asm_target(&instance);
    assert_eq!(said.code, Code::ReasonAsmTargetUnread);
    assert!(said.english().ends_with("no route to it"), "{}", said.english());
}

#[test]
fn a_setting_that_an_install_would_lose_is_named_with_its_change() {
    let problem = |lost: Option<Lost>| Problem::Changed {
        change: ChangeId::B121Verify,
        minor: "1.21".to_owned(),
        at: "trafficPolicy".to_owned(),
        lost,
    };
    let said = |lost| {
        let finding = Finding {
            rule: "B121-3".into(),
            severity: Severity::Warn,
            subject: "DestinationRule shop/pay".to_owned(),
            problem: problem(lost),
            fix: None,
            source: "notes".into(),
        };
        findings::finding(&finding).consequence.english()
    };

    let plain = said(None);
    let lost = |values_known| {
        said(Some(Lost { switch: "VERIFY_CERTIFICATE_AT_CLIENT".into(), values_known }))
    };

    for (but, end) in [(lost(true), "do not set it"), (lost(false), "values are not known")] {
        assert!(but.starts_with(&plain) && but.ends_with(end), "{but}");
        assert!(but.contains("VERIFY_CERTIFICATE_AT_CLIENT"), "{but}");
    }
}

// ---------------------------------------------------------------------- roles

#[rstest]
#[case::one_install(&[("1-30", "1.30.5")], Some("1-30"), "1-30", None, &[])]
#[case::canary(&[("1-30", "1.30.5"), ("1-31", "1.31.1")], Some("1-30"), "1-30", Some("1-31"), &[])]
#[case::promoted(&[("1-30", "1.30.5"), ("1-31", "1.31.1")], Some("1-31"), "1-31", None, &["1-30"])]
#[case::no_default(&[("1-31", "1.31.1"), ("1-30", "1.30.5")], None, "1-30", Some("1-31"), &[])]
fn control_planes_are_told_apart(
    #[case] planes: &[(&str, &str)],
    #[case] default: Option<&str>,
    #[case] stable: &str,
    #[case] canary: Option<&str>,
    #[case] old: &[&str],
) {
    let mut mesh = Mesh::default();
    for (revision, version) in planes {
        mesh = mesh.plane(revision, version);
    }
    if let Some(default) = default {
        mesh = mesh.default_tag(default);
    }

    let roles = roles(&mesh.0);

    assert_eq!(roles.stable.map(|plane| &*plane.revision), Some(stable));
    assert_eq!(roles.canary.map(|plane| &*plane.revision), canary);
    let found: Vec<&str> = roles.old.iter().map(|plane| &*plane.revision).collect();
    assert_eq!(found, old);
    assert_eq!(roles.of(stable), RevisionRole::Stable);
}

// ---------------------------------------------------------------------- buttons

/// What is otherwise than in a mesh that may be upgraded at once.
type Change = fn(&mut Knowledge);

#[rstest]
#[case::all_is_well(|_: &mut Knowledge| {}, None)]
#[case::read_only(|it: &mut Knowledge| it.read_only = true, Some(Code::ReasonReadOnly))]
#[case::run(|it: &mut Knowledge| it.active = Some(a_run()), Some(Code::ReasonRunActive))]
#[case::foreign(|it: &mut Knowledge| it.foreign = Some(foreign(false)), Some(Code::ReasonForeignRun))]
#[case::stale_foreign(|it: &mut Knowledge| it.foreign = Some(foreign(true)), None)]
#[case::ambient(|it: &mut Knowledge| it.mesh.0.unsupported.push(Unsupported::Ambient), Some(Code::ReasonDeclined))]
#[case::digest(|it: &mut Knowledge| it.mesh.0.control_planes[0].version = None, Some(Code::ReasonDeclined))]
#[case::helm(|it: &mut Knowledge| it.mesh.0.control_planes[0].installer = Installer::Helm, Some(Code::DeclinedHandOff))]
#[case::no_binary(|it: &mut Knowledge| it.istioctls.clear(), Some(Code::ReasonIstioctlMissing))]
#[case::no_values(|it: &mut Knowledge| it.said.install_values = None, Some(Code::ReasonValuesMissing))]
#[case::unchecked(|it: &mut Knowledge| it.prechecks = Prechecks::default(), Some(Code::ReasonPrecheckFirst))]
#[case::checked_for_another(|it: &mut Knowledge| it.chosen = "1.31.0".parse().ok(), Some(Code::ReasonIstioctlMissing))]
#[case::two_minors_in_place(|it: &mut Knowledge| it.chosen = "1.32.0".parse().ok(), Some(Code::ReasonHopRefused))]
#[case::there_already(|it: &mut Knowledge| it.chosen = "1.30.5".parse().ok(), Some(Code::ReasonAlreadyThere))]
#[case::canary(|it: &mut Knowledge| it.mesh = it.mesh.clone().plane("1-31", "1.31.1"), Some(Code::ReasonCanaryDeployed))]
fn the_upgrade_button_says_why_not(#[case] change: Change, #[case] expected: Option<Code>) {
    let mut knowledge = Knowledge::default();
    change(&mut knowledge);
    assert_eq!(reason(&knowledge.view().in_place.upgrade), expected);
}

#[rstest]
#[case::ambient(Unsupported::Ambient, Code::DeclinedAmbient)]
#[case::several_clusters(Unsupported::MultiCluster, Code::DeclinedMultiCluster)]
#[case::elsewhere(Unsupported::ExternalControlPlane, Code::DeclinedExternal)]
fn what_cannot_be_upgraded_from_here_is_declined_in_a_sentence(
    #[case] found: Unsupported,
    #[case] sentence: Code,
) {
    let mut knowledge = Knowledge::default();
    knowledge.mesh.0.unsupported.push(found);

    let view = knowledge.view();

    assert_eq!(view.declined.map(|phrase| phrase.code), Some(sentence));
    let buttons = [&view.in_place.upgrade, &view.canary.deploy, &view.canary.promote];
    assert!(buttons.iter().all(|button| !button.available), "{buttons:?}");
}

#[rstest]
#[case::before(&[], "1-30", [None, Some(Code::ReasonNoCanary), Some(Code::ReasonNoCanary), Some(Code::ReasonNoOldRevision)])]
#[case::deployed(&["1-31"], "1-30", [Some(Code::ReasonCanaryDeployed), None, None, Some(Code::ReasonNotPromoted)])]
#[case::promoted(&["1-31"], "1-31", [Some(Code::ReasonOldRevisionFirst), Some(Code::ReasonPromoted), None, Some(Code::ReasonOldRevisionUsed)])]
fn the_canary_buttons_follow_the_mesh(
    #[case] more: &[&str],
    #[case] default: &str,
    #[case] expected: [Option<Code>; 4],
) {
    let mut knowledge = Knowledge::default();
    for revision in more {
        knowledge.mesh = knowledge.mesh.plane(revision, "1.31.1");
    }
    knowledge.mesh.0.injectors.retain(|injector| injector.tag.is_none());
    knowledge.mesh = knowledge.mesh.default_tag(default);

    let view = knowledge.view().canary;

    let found = [&view.deploy, &view.promote, &view.revoke, &view.unpublish].map(reason);
    assert_eq!(found, expected, "deploy, promote, revoke, unpublish");
}

// ---------------------------------------------------------------------- rows

pub(super) type Shape = fn(&mut Workload);

#[rstest]
#[case::up_to_date(|_: &mut Workload| {}, "1.30.5", RowState::UpToDate, Some(Code::ReasonNothingToRestart))]
#[case::behind(|_: &mut Workload| {}, "1.30.4", RowState::Behind, None)]
#[case::paused(|it: &mut Workload| it.paused = true, "1.30.4", RowState::CannotRestart, Some(Code::ReasonCannotRestart))]
#[case::on_delete(|it: &mut Workload| it.strategy = Strategy::OnDelete, "1.30.4", RowState::CannotRestart, Some(Code::ReasonCannotRestart))]
#[case::pinned(|it: &mut Workload| it.template.proxy_image = Some("hub/proxyv2:1.30.4".into()), "1.30.4", RowState::CannotRestart, Some(Code::ReasonCannotRestart))]
#[case::opted_out(|it: &mut Workload| { it.template.labels.insert(INJECT_LABEL.into(), "false".into()); }, "1.30.5", RowState::WouldLoseSidecar, Some(Code::ReasonCannotRestart))]
#[case::rolling(|it: &mut Workload| it.status.observed_generation = 0, "1.30.5", RowState::Rolling, Some(Code::ReasonCannotRestart))]
fn a_row_says_its_state_and_why_it_may_not_be_restarted(
    #[case] shape: Shape,
    #[case] running: &str,
    #[case] state: RowState,
    #[case] expected: Option<Code>,
) {
    let mut mesh = Knowledge::default().mesh;
    mesh.0.workloads.clear();
    mesh.0.pods.clear();
    let mesh = mesh.workload("cart", running, shape);
    let assessments = dataplane::assess(&mesh.0);

    let rows = rows::rows(&mesh.0, &assessments, "practice", None, None);

    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].state, reason(&rows[0].restart)), (state, expected), "{:#?}", rows[0]);
    assert_eq!(rows[0].id, "shop/Deployment/cart");
    assert_eq!(
        rows[0].command,
        "kubectl --context practice rollout restart --namespace shop deployment/cart"
    );
}

#[rstest]
#[case::follows_the_control_plane(|_: &mut Workload| {}, "1.31.1", RowState::Later, Code::ReasonControlPlaneFirst)]
#[case::pinned(|it: &mut Workload| it.template.proxy_image = Some("hub/proxyv2:1.30.5".into()), "1.30.5", RowState::Held, Code::ReasonCannotRestart)]
fn a_row_says_what_an_upgrade_in_place_will_ask_of_it(
    #[case] shape: Shape,
    #[case] after: &str,
    #[case] state: RowState,
    #[case] expected: Code,
) {
    let mut mesh = Knowledge::default().mesh;
    mesh.0.workloads.clear();
    mesh.0.pods.clear();
    let mesh = mesh.workload("cart", "1.30.5", shape);
    let assessments = dataplane::assess(&mesh.0);
    let target = "1.31.1".parse().unwrap();
    let ahead = targets::InPlaceAhead { revision: "1-30", version: &target };

    let rows = rows::rows(&mesh.0, &assessments, "practice", None, Some(ahead));

    assert_eq!((rows[0].state, reason(&rows[0].restart)), (state, Some(expected)), "{rows:#?}");
    assert_eq!(rows[0].proxy_after.as_deref(), Some(after));
}

#[rstest]
#[case::pinned(|it: &mut Workload| it.template.proxy_image = Some("hub/proxyv2:1.30.5".into()), Code::RowPinned, Code::WhyPinnedImage)]
#[case::paused(|it: &mut Workload| it.paused = true, Code::RowHeld, Code::WhyPaused)]
#[case::on_delete(|it: &mut Workload| it.strategy = Strategy::OnDelete, Code::RowHeld, Code::WhyOnDelete)]
#[case::nothing(|_: &mut Workload| {}, Code::RowUpToDate, Code::WhyNamespaceLabel)]
fn what_an_upgrade_will_not_reach_is_told_before_it(
    #[case] shape: Shape,
    #[case] label: Code,
    #[case] why: Code,
) {
    let mut mesh = Knowledge::default().mesh;
    mesh.0.workloads.clear();
    mesh.0.pods.clear();
    let mesh = mesh.workload("cart", "1.30.5", shape);
    let assessments = dataplane::assess(&mesh.0);

    let rows = rows::rows(&mesh.0, &assessments, "practice", None, None);

    assert_eq!((rows[0].label.code, rows[0].why.code), (label, why), "{rows:#?}");
}

// ---------------------------------------------------------------------- behind

#[rstest]
#[case::up_to_date(|_: &mut Workload| {}, "1.30.5", 0)]
#[case::older(|_: &mut Workload| {}, "1.30.4", 1)]
#[case::older_and_paused(|it: &mut Workload| it.paused = true, "1.30.4", 1)]
#[case::older_and_pinned(|it: &mut Workload| it.template.proxy_image = Some("hub/proxyv2:1.29.8".into()), "1.29.8", 1)]
#[case::older_and_never_injected_again(|it: &mut Workload| { it.template.labels.insert(INJECT_LABEL.into(), "false".into()); }, "1.29.8", 1)]
#[case::as_new_and_never_injected_again(|it: &mut Workload| { it.template.labels.insert(INJECT_LABEL.into(), "false".into()); }, "1.30.5", 0)]
fn a_proxy_of_another_version_than_its_control_planes_is_behind_whatever_a_restart_does(
    #[case] shape: Shape,
    #[case] running: &str,
    #[case] expected: u32,
) {
    let mut knowledge = Knowledge::default();
    knowledge.mesh.0.workloads.clear();
    knowledge.mesh.0.pods.clear();
    knowledge.mesh = knowledge.mesh.workload("cart", running, shape);
    let assessments = dataplane::assess(&knowledge.mesh.0);

    let rows = rows::rows(&knowledge.mesh.0, &assessments, "practice", None, None);

    let pods = knowledge.mesh.0.pods.len();
    let each: Vec<u32> = rows.iter().map(|row| row.behind).collect();
    assert_eq!(each, [expected * u32::try_from(pods).unwrap()], "{rows:#?}");
    assert_eq!(knowledge.view().behind, each[0], "the head says the sum of the rows");
}

#[test]
fn a_blocked_mesh_blocks_every_row() {
    let mesh = Knowledge::default().mesh.workload("cart", "1.30.4", |_| {});
    let assessments = dataplane::assess(&mesh.0);
    let blocked = crate::api::dto::Phrase::plain(Code::ReasonReadOnly);

    let rows = rows::rows(&mesh.0, &assessments, "practice", Some(&blocked), None);

    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(reason(&row.restart), Some(Code::ReasonReadOnly), "{}", row.id);
    }
}

// ---------------------------------------------------------------------- istiods

#[rstest]
#[case::not_asked_yet(None, None)]
#[case::silent(Some(Asked::Unread { why: "no answer".into(), since: jiff::Timestamp::UNIX_EPOCH }), None)]
#[case::nobody_connected(Some(Asked::Answered(Vec::new())), Some(0))]
fn an_istiod_that_was_not_read_shows_no_figure(
    #[case] asked: Option<Asked>,
    #[case] connected: Option<u32>,
) {
    let istiods = asked.map(|asked| ("1-30".into(), asked)).into_iter().collect();
    let known = Knowledge { istiods, ..Knowledge::default() };

    assert_eq!(known.view().revisions[0].connected, connected);
}

// ---------------------------------------------------------------------- builders

fn reason(button: &Availability) -> Option<Code> {
    assert_ne!(button.available, button.reason.is_some(), "a reason stands where it is needed");
    button.reason.as_ref().map(|reason| reason.code)
}

/// Everything that a view is made from, owned.
struct Knowledge {
    mesh: Mesh,
    said: ContextSettings,
    chosen: Option<meshlift_core::version::MeshVersion>,
    prechecks: Prechecks,
    active: Option<RunSummary>,
    foreign: Option<ForeignRun>,
    read_only: bool,
    istiods: Istiods,
    istioctls: Vec<Binary>,
}

impl Default for Knowledge {
    fn default() -> Self {
        let report = PrecheckView {
            at: "2026-11-24T12:00:00Z".into(),
            target: "1.31.1".into(),
            findings: Vec::new(),
            passed: 14,
            unknown: 0,
        };
        let values = Some("/etc/istio/values.yaml".to_owned());
        Self {
            mesh: Mesh::default()
                .plane("1-30", "1.30.5")
                .default_tag("1-30")
                .namespace("shop")
                .workload("search", "1.30.5", |_| {}),
            said: ContextSettings {
                tag: None,
                protected: false,
                install_values: values,
                asm: None,
            },
            chosen: "1.31.1".parse().ok(),
            prechecks: Prechecks { in_place: Some(report.clone()), canary: Some(report) },
            active: None,
            foreign: None,
            read_only: false,
            istiods: Istiods::new(),
            istioctls: vec![Binary {
                path: "/opt/istioctl".into(),
                version: "1.31.1".parse().ok(),
                problem: None,
            }],
        }
    }
}

impl Knowledge {
    fn view(&self) -> MeshView {
        let assessments = dataplane::assess(&self.mesh.0);
        let roles = roles(&self.mesh.0);
        let scene = Scene {
            context: "practice",
            server: "https://127.0.0.1:6443",
            simulated: false,
            said: &self.said,
            snapshot: &self.mesh.0,
            assessments: &assessments,
            roles: &roles,
            istiods: &self.istiods,
            chosen: self.chosen.as_ref(),
            prechecks: &self.prechecks,
            active: self.active.as_ref(),
            foreign: self.foreign.as_ref(),
            read_only: self.read_only,
            istioctls: &self.istioctls,
            saved: None,
            catalog: Catalog::embedded(),
            profile: Profile::by_id("istio").unwrap(),
            today: jiff::civil::date(2026, 11, 24),
        };
        mesh::view(&scene, "cluster-one")
    }
}

/// A mesh that is put together piece by piece.
#[derive(Clone, Default)]
pub(super) struct Mesh(pub(super) Snapshot);

impl Mesh {
    pub(super) fn plane(mut self, revision: &str, version: &str) -> Self {
        self.0.control_planes.push(ControlPlane {
            revision: revision.into(),
            namespace: "istio-system".into(),
            deployment: format!("istiod-{revision}").into(),
            service: format!("istiod-{revision}").into(),
            uid: format!("uid-{revision}").into(),
            version: version.parse().ok(),
            image: format!("hub/pilot:{version}").into(),
            replicas: 2,
            ready: 2,
            rolling: false,
            endpoints: Some(2),
            proxy: Some(ProxyImage {
                image: format!("hub/proxyv2:{version}").into(),
                version: version.parse().ok(),
            }),
            installer: Installer::Istioctl,
            switches: BTreeMap::new(),
        });
        let by_revision = webhook(REVISION_LABEL, revision, Some(INJECTION_LABEL));
        self.injector("istio-sidecar-injector", revision, None, by_revision)
    }

    fn default_tag(self, revision: &str) -> Self {
        let enabled = webhook(INJECTION_LABEL, "enabled", None);
        self.injector("istio-revision-tag-default", revision, Some("default"), enabled)
    }

    fn injector(
        mut self,
        name: &str,
        revision: &str,
        tag: Option<&str>,
        webhook: InjectorWebhook,
    ) -> Self {
        self.0.injectors.push(Injector {
            name: format!("{name}-{revision}").into(),
            uid: "uid".into(),
            revision: revision.into(),
            tag: tag.map(Into::into),
            webhooks: vec![webhook],
            config: None,
        });
        self
    }

    pub(super) fn namespace(mut self, name: &str) -> Self {
        let namespace = Namespace {
            name: name.into(),
            uid: format!("uid-{name}").into(),
            labels: BTreeMap::from([(REVISION_LABEL.into(), "1-30".into())]),
            terminating: false,
        };
        self.0.namespaces.insert(name.into(), namespace);
        self
    }

    pub(super) fn workload(mut self, name: &str, running: &str, shape: Shape) -> Self {
        let reference =
            WorkloadRef { namespace: "shop".into(), kind: Kind::Deployment, name: name.into() };
        let status = WorkloadStatus {
            generation: 1,
            observed_generation: 1,
            desired: 1,
            current: 1,
            updated: 1,
            ready: 1,
            available: 1,
            deadline_exceeded: false,
        };
        let mut workload = Workload {
            reference: reference.clone(),
            uid: format!("uid-{name}").into(),
            role: Role::Application,
            template: PodTemplate { hash: "hash".into(), ..PodTemplate::default() },
            strategy: Strategy::Rolling { max_unavailable: 1, max_surge: 1 },
            paused: false,
            status,
        };
        shape(&mut workload);
        self.0.workloads.insert(reference.clone(), workload);
        let pod = PodRef { namespace: "shop".into(), name: format!("{name}-1").into() };
        self.0.pods.insert(pod.clone(), pod_of(reference, pod, running));
        self
    }
}

fn pod_of(workload: WorkloadRef, reference: PodRef, running: &str) -> Pod {
    Pod {
        reference,
        uid: "uid".into(),
        workload: Some(workload),
        phase: PodPhase::Running,
        ready: true,
        terminating: false,
        restarts: 0,
        waiting: None,
        created: 0,
        restarted_by: None,
        proxy: Some(Proxy {
            image: format!("hub/proxyv2:{running}").into(),
            version: running.parse().ok(),
            revision: Some("1-30".into()),
            placement: ProxyPlacement::Native,
        }),
    }
}

/// An entry that asks for one namespace label, and for the absence of another.
fn webhook(key: &str, value: &str, without: Option<&str>) -> InjectorWebhook {
    let absent = without.map(|key| Expression {
        key: key.into(),
        operator: Operator::DoesNotExist,
        values: Vec::new(),
    });
    let not_opted_out = Expression {
        key: INJECT_LABEL.into(),
        operator: Operator::NotIn,
        values: vec!["false".into()],
    };
    InjectorWebhook {
        name: "rev.namespace.sidecar-injector.istio.io".into(),
        namespace_selector: Selector {
            match_labels: BTreeMap::from([(key.into(), Arc::<str>::from(value))]),
            expressions: absent.into_iter().collect(),
        },
        object_selector: Selector {
            match_labels: BTreeMap::new(),
            expressions: vec![not_opted_out],
        },
        client: WebhookClient::Service { namespace: "istio-system".into(), name: "istiod".into() },
        has_ca_bundle: true,
        ca_expires: None,
    }
}

fn foreign(may_take_over: bool) -> ForeignRun {
    let operation = Some(OperationKind::Restart);
    let step = Some("2/5".into());
    ForeignRun { holder: "bob@mill".into(), operation, step, may_take_over }
}

fn a_run() -> RunSummary {
    use crate::api::dto::{Phrase, RunState};
    RunSummary {
        id: "run".into(),
        number: 7,
        context: "practice".into(),
        cluster_uid: "cluster-one".into(),
        operation: OperationKind::Restart,
        from: String::new(),
        to: String::new(),
        state: RunState::Running,
        operator: "ada@loom".into(),
        started_at: String::new(),
        ended_at: None,
        sentence: Phrase::plain(Code::RunStarting),
        pods_done: 0,
        pods_total: 0,
    }
}

// ---------------------------------------------------------------------- runs

#[test]
fn a_workload_that_appeared_during_the_run_is_listed_and_an_older_one_is_not() {
    use meshlift_core::rollout::{
        Basis, MeshEnd, Operation, Plan, Step, StepAction, StepId, Wave, WaveItem,
    };

    let mut mesh = Mesh::default()
        .namespace("shop")
        .workload("cart", "1.30.5", |_| {})
        .workload("newcomer", "1.30.5", |_| {})
        .workload("older", "1.30.5", |_| {});
    for pod in mesh.0.pods.values_mut() {
        pod.created = if &*pod.reference.name == "older-1" { 900 } else { 1100 };
    }
    let cart = mesh.0.workloads.keys().find(|one| &*one.name == "cart").unwrap().clone();
    let item = WaveItem {
        workload: cart,
        uid: "uid".into(),
        template_hash: "hash".into(),
        pods: 1,
        revision: Some("1-30".into()),
        version: None,
    };
    let wave =
        Wave { number: 1, items: vec![item], width: 1, per_namespace: 1, timeout_seconds: 600 };
    let end = MeshEnd { revision: "1-30".into(), version: None };
    let plan = Plan {
        operation: Operation::Restart,
        cluster_uid: "cluster-one".into(),
        instance: None,
        from: end.clone(),
        to: end,
        steps: vec![Step { id: StepId("wave-1".into()), action: StepAction::Restart { wave } }],
        basis: Basis::default(),
    };
    let started = jiff::Timestamp::from_second(1000).unwrap();
    let record = crate::journal::RunRecord {
        key: crate::journal::RunKey::new("run"),
        number: 1,
        digest: plan.digest(),
        plan: Arc::new(plan),
        context: "practice".into(),
        server: String::new(),
        cluster_uid: "cluster-one".into(),
        operator: "ada@loom".into(),
        started,
    };

    let left = super::run::left_over(&super::run::Sight {
        record: &record,
        history: &crate::runner::History::default(),
        live: None,
        simulated: false,
        snapshot: Some(&mesh.0),
        now: started,
    });

    let names: Vec<&str> = left.iter().map(|workload| &*workload.name).collect();
    assert_eq!(names, ["newcomer"]);
}
