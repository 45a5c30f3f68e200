//! What the injection simulator asks and answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ApiError, Mark, OperationRequest, Phrase};

dto! {
    /// Asks who would inject pods, now and after a change.
    pub struct InjectionRequest {
        /// The context: an open mesh or a saved snapshot.
        pub context: String,
        /// Which pods.
        pub subject: InjectionSubject,
        /// The change; none for the mesh as it is.
        pub change: Option<InjectionChange>,
    }

    /// Which pods are asked about.
    #[serde(tag = "kind")]
    pub enum InjectionSubject {
        /// Every workload of the mesh.
        All,
        /// One workload.
        #[serde(rename_all = "camelCase")]
        Workload {
            /// Its row id.
            row: String,
        },
        /// A pod that need not exist.
        #[serde(rename_all = "camelCase")]
        Labels {
            /// Its namespace; one that is not there is taken to have no labels.
            namespace: String,
            /// Labels of the pod.
            pod: BTreeMap<String, String>,
        },
    }

    /// A change that the answer compares with.
    #[serde(tag = "kind")]
    pub enum InjectionChange {
        /// What a button of Upgrade Management would do.
        #[serde(rename_all = "camelCase")]
        Operation {
            /// The operation.
            operation: OperationRequest,
        },
        /// Other labels of a namespace; all it has, not only the new ones.
        #[serde(rename_all = "camelCase")]
        Namespace {
            /// The namespace.
            namespace: String,
            /// Its labels then.
            labels: BTreeMap<String, String>,
        },
    }

    /// Who would inject pods, now and after a change.
    pub struct InjectionView {
        /// The pods that were asked about, harm first.
        pub pods: Vec<SimulatedPod>,
        /// Workloads that were looked at.
        pub workloads: u32,
        /// Those of them that something happens to that nobody asked for.
        pub harmed: u32,
        /// What would go wrong while the change is made, and is over at its end.
        pub passing: Vec<PassingHarm>,
        /// Why the change could not be composed; the answer is about the mesh as it is.
        pub refused: Option<ApiError>,
        /// Labels of the namespace that was asked about, as they are.
        pub namespace_labels: BTreeMap<String, String>,
    }

    /// One kind of pod, now and after a change.
    pub struct SimulatedPod {
        /// Row id of its workload; empty for a pod that need not exist.
        pub row: String,
        /// Its namespace.
        pub namespace: String,
        /// Name of its workload.
        pub name: String,
        /// Pods of it that run with a sidecar.
        pub proxies: u32,
        /// Now.
        pub now: FateView,
        /// After the change.
        pub after: FateView,
        /// The difference.
        pub effect: EffectKind,
        /// The difference in words.
        pub said: Phrase,
        /// Mark that goes with it.
        pub mark: Mark,
    }

    /// What happens to a new pod.
    pub struct FateView {
        /// Revision that injects it; none for none, or for several.
        pub revision: Option<String>,
        /// Version of the proxy that it gets.
        pub version: Option<String>,
        /// What happens, in words.
        pub said: Phrase,
        /// Why.
        pub why: Phrase,
        /// Webhook entries that match.
        pub matches: Vec<MatchView>,
    }

    /// A webhook entry that matches a pod.
    pub struct MatchView {
        /// Name of the entry.
        pub webhook: String,
        /// Name of its configuration.
        pub configuration: String,
        /// Revision that answers.
        pub revision: String,
        /// Tag of the configuration.
        pub tag: Option<String>,
    }

    /// Something that goes wrong while a change is made.
    pub struct PassingHarm {
        /// Row id of the workload.
        pub row: String,
        /// Its namespace.
        pub namespace: String,
        /// Its name.
        pub name: String,
        /// The step of the plan.
        pub step: String,
        /// What, in words.
        pub said: Phrase,
    }

    /// Asks the API server itself, with a pod that is not kept.
    pub struct ProofRequest {
        /// The context.
        pub context: String,
        /// Row id of the workload.
        pub row: String,
    }

    /// What the API server made of a pod that is not kept.
    pub struct ProofView {
        /// What came of it, in words.
        pub said: Phrase,
        /// Whether it is what was predicted; none when the server did not tell.
        pub agrees: Option<bool>,
        /// Mark that goes with it.
        pub mark: Mark,
    }
}

dto_word! {
    /// What a change does to new pods.
    pub enum EffectKind { Loses, Doubles, Refused, LosesAnyway, DoubleAnyway, Moves, Upgrades, Gains, Unchanged }
}
