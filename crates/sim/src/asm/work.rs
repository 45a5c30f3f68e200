//! What the instance is busy with, from the accepted request to its effect (§11).

use tokio::time::Instant;

use super::dataplane;
use super::instance::{Beside, Instance, Task, Work};
use super::mesh_crds;
use super::version::Version;
use crate::cluster::Cluster;

/// Takes a task up. The instance must be at rest.
pub(super) fn begin(instance: &mut Instance, task: Task) {
    let spans = instance.spans();
    let span = match task {
        Task::Upgrade(_) => spans.upgrade,
        Task::DeployCanary(_) => spans.deploy,
        Task::Promote | Task::Revoke | Task::Unpublish => spans.switch,
    };
    let begins = Instant::now() + spans.queue;
    instance.note(&format!("Start to {}", describe(&task)));
    if matches!(task, Task::Upgrade(_)) {
        instance.failure = None;
    }
    instance.work = Some(Work { task, begins, ends: begins + span });
}

/// Ends the task whose time has come, and shows its effect on both sides.
pub(super) fn advance(instance: &mut Instance, control: &mut Cluster, data: &mut Cluster) {
    let Some(work) = instance.work.take_if(|work| work.ends <= Instant::now()) else { return };
    if matches!(work.task, Task::Upgrade(_)) {
        if instance.faults.stuck() {
            instance.work = Some(work);
            return;
        }
        if let Some(why) = instance.faults.upgrade_fails().map(str::to_owned) {
            instance.note(&format!("Failed to {}: {why}", describe(&work.task)));
            instance.failure = Some(why);
            return;
        }
    }
    instance.note(&format!("Finished to {}", describe(&work.task)));
    let gone = take_effect(instance, work.task);
    mesh_crds::install(control, &instance.version);
    dataplane::show(data, &instance.identity, &instance.version, &instance.beside);
    if let Some(gone) = gone {
        dataplane::hide(data, &gone);
    }
}

/// When the task shows next; none when it is at rest or stuck.
pub(super) fn due(instance: &Instance) -> Option<Instant> {
    let work = instance.work.as_ref()?;
    [work.begins, work.ends].into_iter().find(|at| *at > Instant::now())
}

/// Changes the state, and names the control plane that is no more.
fn take_effect(instance: &mut Instance, task: Task) -> Option<Version> {
    match task {
        Task::Upgrade(target) => instance.version = target,
        Task::DeployCanary(version) => instance.beside = Beside::Canary(version),
        Task::Promote => {
            if let Beside::Canary(canary) = instance.beside.clone() {
                let former = std::mem::replace(&mut instance.version, canary);
                instance.beside = Beside::Former(former);
            }
        }
        Task::Revoke | Task::Unpublish => {
            return match std::mem::replace(&mut instance.beside, Beside::Nothing) {
                Beside::Canary(gone) | Beside::Former(gone) => Some(gone),
                Beside::Nothing => None,
            };
        }
    }
    None
}

fn describe(task: &Task) -> String {
    match task {
        Task::Upgrade(to) => format!("upgrade the control plane to {to}"),
        Task::DeployCanary(version) => format!("deploy canary version {version}"),
        Task::Promote => "switch the canary version to the current version".to_owned(),
        Task::Revoke => "revoke the canary upgrade".to_owned(),
        Task::Unpublish => "unpublish the old version".to_owned(),
    }
}
