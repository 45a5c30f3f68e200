//! Everything that the view of a mesh is made from.

use jiff::civil::Date;
use meshlift_cluster::provider::istioctl::Binary;
use meshlift_core::catalog::Catalog;
use meshlift_core::dataplane::Assessment;
use meshlift_core::inventory::Snapshot;
use meshlift_core::policy::{self, Method, Profile, Verdict};
use meshlift_core::rollout::Istiods;
use meshlift_core::version::MeshVersion;

use super::findings;
use super::roles::Roles;
use crate::api::dto::{
    ContextSettings, ForeignRun, Phrase, PhraseCode as Code, PrecheckView, RunSummary, SavedView,
    Severity,
};

/// A mesh, and what the user and the app know about it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) context: &'a str,
    pub(crate) server: &'a str,
    pub(crate) simulated: bool,
    pub(crate) said: &'a ContextSettings,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) assessments: &'a [Assessment],
    pub(crate) roles: &'a Roles<'a>,
    pub(crate) istiods: &'a Istiods,
    pub(crate) chosen: Option<&'a MeshVersion>,
    pub(crate) prechecks: &'a Prechecks,
    pub(crate) active: Option<&'a RunSummary>,
    pub(crate) foreign: Option<&'a ForeignRun>,
    pub(crate) read_only: bool,
    pub(crate) istioctls: &'a [Binary],
    pub(crate) saved: Option<&'a SavedView>,
    pub(crate) catalog: &'a Catalog,
    pub(crate) profile: &'a Profile,
    pub(crate) today: Date,
}

/// The last precheck of each method.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Prechecks {
    pub(crate) in_place: Option<PrecheckView>,
    pub(crate) canary: Option<PrecheckView>,
}

impl Prechecks {
    pub(crate) fn of(&self, method: Method) -> Option<&PrecheckView> {
        match method {
            Method::InPlace => self.in_place.as_ref(),
            Method::Canary => self.canary.as_ref(),
        }
    }
}

impl Scene<'_> {
    /// Why nothing may be written to this mesh now, whatever it is.
    pub(crate) fn blocked(&self) -> Option<Phrase> {
        if self.declined().is_some() {
            return Some(Phrase::plain(Code::ReasonDeclined));
        }
        // Plans of a saved snapshot are made to be read: their start is what is refused.
        if self.saved.is_some() {
            return None;
        }
        if self.read_only {
            return Some(Phrase::plain(Code::ReasonReadOnly));
        }
        if let Some(run) = self.active {
            let number = run.number.to_string();
            return Some(Phrase::with(Code::ReasonRunActive, [("number", number)]));
        }
        let foreign = self.foreign.filter(|foreign| !foreign.may_take_over)?;
        Some(Phrase::with(Code::ReasonForeignRun, [("holder", foreign.holder.clone())]))
    }

    /// Why no plan of this mesh may be started now.
    pub(crate) fn unstartable(&self) -> Option<Phrase> {
        match self.saved {
            Some(_) => Some(Phrase::plain(Code::ReasonSaved)),
            None => self.blocked(),
        }
    }

    /// Why ASM takes no upgrade of the instance now.
    pub(crate) fn busy(&self) -> Option<Phrase> {
        let instance = self.snapshot.instance.as_deref()?;
        let state = instance.state.0.clone();
        (!instance.is_at_rest()).then(|| Phrase::with(Code::ReasonInstanceBusy, [("state", state)]))
    }

    /// Why this mesh is only shown.
    pub(crate) fn declined(&self) -> Option<Phrase> {
        use meshlift_core::inventory::Unsupported;
        if let Some(unsupported) = self.snapshot.unsupported.first() {
            return Some(Phrase::plain(match unsupported {
                Unsupported::Ambient => Code::DeclinedAmbient,
                Unsupported::MultiCluster => Code::DeclinedMultiCluster,
                Unsupported::ExternalControlPlane => Code::DeclinedExternal,
            }));
        }
        let Some(stable) = self.roles.stable else {
            let code =
                if self.has_asm_proxies() { Code::DeclinedAsmUnlinked } else { Code::NoMeshFound };
            return Some(Phrase::plain(code));
        };
        if stable.version.is_none() {
            return Some(Phrase::with(
                Code::DeclinedUnknownVersion,
                [("revision", stable.revision.to_string()), ("image", stable.image.to_string())],
            ));
        }
        None
    }

    /// Whether proxies here are Alibaba Cloud's: their control plane is an instance.
    fn has_asm_proxies(&self) -> bool {
        let mut proxies = self.snapshot.pods.values().filter_map(|pod| pod.proxy.as_ref());
        proxies.any(|proxy| proxy.version.as_ref().is_some_and(MeshVersion::is_asm))
    }

    /// Who has to change the version, where it is not this app.
    pub(crate) fn handed_off(&self) -> Option<Phrase> {
        use meshlift_cluster::provider::Provider;
        match Provider::of(self.roles.stable?) {
            Provider::Istioctl | Provider::Asm => None,
            Provider::HandOff { owner } => Some(
                Phrase::plain(Code::DeclinedHandOff).saying("owner", findings::owner_name(owner)),
            ),
        }
    }

    /// Why the rules refuse this hop from the stable version.
    pub(crate) fn refused(&self, target: &MeshVersion, method: Method) -> Option<Phrase> {
        let from = self.roles.stable?.version.as_ref()?;
        match policy::judge(from, target, method, self.profile) {
            Verdict::Allowed(_) => None,
            Verdict::Refused(refusal) => Some(findings::refusal(&refusal)),
        }
    }

    /// Why no install of this version can be run.
    pub(crate) fn cannot_install(&self, target: &MeshVersion) -> Option<Phrase> {
        if self.snapshot.instance.is_some() {
            return None;
        }
        if let Some(owner) = self.handed_off() {
            return Some(owner);
        }
        if self.saved.is_some() {
            return None;
        }
        let is_there = self.istioctls.iter().any(|binary| binary.version.as_ref() == Some(target));
        if !is_there {
            let version = target.numbers();
            return Some(Phrase::with(Code::ReasonIstioctlMissing, [("version", version)]));
        }
        let has_values = self.simulated || self.said.install_values.is_some();
        (!has_values).then(|| Phrase::plain(Code::ReasonValuesMissing))
    }

    /// The last precheck of a method, if it was for this version.
    pub(crate) fn report(
        &self,
        method: Method,
        target: Option<&MeshVersion>,
    ) -> Option<&'_ PrecheckView> {
        let target = target?.numbers();
        self.prechecks.of(method).filter(|report| report.target == target)
    }

    /// The version of the last precheck of a method, if it was for another one than this.
    pub(crate) fn checked_for_another(
        &self,
        method: Method,
        target: Option<&MeshVersion>,
    ) -> Option<String> {
        let target = target?.numbers();
        let last = self.prechecks.of(method).filter(|report| report.target != target);
        last.map(|report| report.target.clone())
    }

    /// Why the precheck does not allow to go to this version.
    pub(crate) fn unchecked(&self, target: &MeshVersion, method: Method) -> Option<Phrase> {
        let Some(report) = self.report(method, Some(target)) else {
            return Some(Phrase::plain(Code::ReasonPrecheckFirst));
        };
        // What somebody may take upon themselves is asked when the plan is confirmed.
        let findings = report.findings.iter();
        let count = findings.filter(|it| it.severity == Severity::Block && !it.acknowledgeable);
        let count = count.count();
        (count > 0)
            .then(|| Phrase::with(Code::ReasonBlockingFindings, [("count", count.to_string())]))
    }
}

/// Findings of one severity.
pub(crate) fn count(report: &PrecheckView, severity: Severity) -> usize {
    report.findings.iter().filter(|finding| finding.severity == severity).count()
}
