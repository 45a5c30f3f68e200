//! The steps that only the console has (§3.2): a person's clicks as calls.
//!
//! Each one is taken or refused at once, with a reason a person could read, and takes its time.
//! Which conditions the real console checks is inferred; the texts are the simulator's own.

use super::SimAsm;
use super::core::Core;
use super::dataplane;
use super::instance::{Beside, Instance, Task};
use super::labels;
use super::version::Version;
use super::work;
use crate::json;
use crate::resources::id;

/// Why the console does not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl SimAsm {
    /// Versions that the console offers for a canary, oldest first.
    pub fn console_canary_versions(&self) -> Vec<String> {
        self.core().with_instance(|instance| {
            instance.canary_offers().iter().map(ToString::to_string).collect()
        })
    }

    /// Canary Upgrade > Control plane: deploys a canary of one of the offered versions, with a
    /// load balancer of its own.
    pub fn console_deploy_canary(&self, version: &str) -> Result<(), Refused> {
        self.click(|_, instance| {
            let identity = &instance.identity;
            if !identity.edition.has_canary() {
                return Err("this edition has no canary upgrade".to_owned());
            }
            if instance.beside != Beside::Nothing {
                return Err("a canary upgrade is in progress".to_owned());
            }
            let offered = instance.canary_offers().into_iter().find(|it| it.text() == version);
            let offered = offered.ok_or_else(|| format!("{version} is not offered"))?;
            Ok(Task::DeployCanary(offered.clone()))
        })
    }

    /// Switches the canary version to the current version.
    pub fn console_promote(&self) -> Result<(), Refused> {
        self.click(|_, instance| match instance.beside {
            Beside::Canary(_) => Ok(Task::Promote),
            Beside::Nothing => Err("there is no canary version".to_owned()),
            Beside::Former(_) => Err("the canary version is the current version".to_owned()),
        })
    }

    /// Rolls back and revokes the upgrade. Refused while a namespace or a pod is on the canary.
    pub fn console_revoke(&self) -> Result<(), Refused> {
        self.click(|core, instance| match &instance.beside {
            Beside::Canary(canary) => {
                leave(core, instance, &["canary".to_owned(), canary.revision()])?;
                Ok(Task::Revoke)
            }
            Beside::Nothing => Err("there is no canary version".to_owned()),
            Beside::Former(_) => Err("the canary version is the current version".to_owned()),
        })
    }

    /// Unpublishes the old version. Refused while a pod follows it, or a namespace names it, or
    /// still names the promoted version `canary`.
    pub fn console_unpublish(&self) -> Result<(), Refused> {
        self.click(|core, instance| match &instance.beside {
            Beside::Former(former) => {
                leave(core, instance, &["canary".to_owned(), former.revision()])?;
                Ok(Task::Unpublish)
            }
            Beside::Canary(_) => Err("the canary version is not the current version".to_owned()),
            Beside::Nothing => Err("there is no old version".to_owned()),
        })
    }

    /// A hot patch, which the cloud applies at a time of its own and without a word (S26, S27):
    /// only the last number of the version may differ.
    pub fn hot_patch(&self, version: &str) -> Result<(), Refused> {
        let version = Version::new(version);
        self.core().with(|instance| {
            if version.istio() != instance.version.istio() {
                return Err(Refused(format!("{version} is no hot patch of {}", instance.version)));
            }
            instance.version = version;
            let (identity, version) = (&instance.identity, &instance.version);
            self.core().data.core().with(|data| {
                dataplane::show(data, identity, version, &instance.beside);
            });
            Ok(())
        })
    }

    fn click(
        &self,
        decide: impl FnOnce(&Core, &Instance) -> Result<Task, String>,
    ) -> Result<(), Refused> {
        self.start();
        self.core().with(|instance| {
            if instance.faults.locked() {
                return Err(Refused("the instance is locked".to_owned()));
            }
            if instance.work.is_some() {
                return Err(Refused("the instance is being updated".to_owned()));
            }
            let task = decide(self.core(), instance).map_err(Refused)?;
            work::begin(instance, task);
            Ok(())
        })
    }
}

/// Whether nobody needs the second control plane any more.
fn leave(core: &Core, instance: &Instance, revisions: &[String]) -> Result<(), String> {
    let named: Vec<String> = core.control.core().with(|control| {
        let all = control.store.list(id::NAMESPACES, None);
        let on = all.filter(|(_, namespace)| {
            let revision = json::label(namespace, labels::REVISION);
            revision.is_some_and(|revision| revisions.iter().any(|known| known == revision))
        });
        on.map(|(key, _)| key.name.to_string()).collect()
    });
    if !named.is_empty() {
        return Err(format!("namespaces still on that version: {}", named.join(", ")));
    }
    let pods = core.followers_beside(instance);
    if let Some(first) = pods.first() {
        return Err(format!("{} pods still follow that version, {first} among them", pods.len()));
    }
    Ok(())
}
