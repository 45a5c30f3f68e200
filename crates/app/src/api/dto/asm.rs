//! What the window and the application say to each other about ASM.
//!
//! A credential is only ever named by its place. Deliberately absent: keys, tokens, kubeconfigs.

use serde::{Deserialize, Serialize};

use super::{Availability, Mark, Phrase};

dto! {
    /// Which ASM instance is the control plane of a context's cluster.
    pub struct AsmLink {
        /// Its id.
        pub instance: String,
        /// Its region.
        pub region: String,
        /// Rules of the road: `asm-seed` or `asm-strict`; none for the first.
        pub profile: Option<String>,
        /// Profile of the aliyun command whose credential is used; none for the credential that is
        /// found first.
        pub cli_profile: Option<String>,
    }

    /// The ASM instance of an open mesh.
    pub struct AsmView {
        /// Its id.
        pub id: String,
        /// Its name in the console.
        pub name: String,
        /// Its region.
        pub region: String,
        /// Its edition.
        pub edition: AsmEdition,
        /// Its state, in ASM's own word.
        pub state: String,
        /// Whether nothing is being done to it.
        pub settled: bool,
        /// The version to which ASM would upgrade it in place.
        pub target: Option<String>,
        /// Whether a second control plane exists.
        pub canary: bool,
        /// Its data-plane clusters.
        pub clusters: Vec<AsmClusterView>,
        /// Its gateways.
        pub gateways: Vec<AsmGatewayView>,
        /// Id of the rules that are applied.
        pub profile: String,
        /// The page that they rest on.
        pub profile_source: String,
        /// What to know before an upgrade.
        pub notes: Vec<Phrase>,
        /// Address of the console.
        pub console: String,
    }

    /// A data-plane cluster.
    pub struct AsmClusterView {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Its state, in ASM's own word.
        pub state: String,
        /// Its Kubernetes version.
        pub kubernetes: String,
    }

    /// A gateway of ASM.
    pub struct AsmGatewayView {
        /// Row id of its Deployment.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Pods that it asks for.
        pub replicas: u32,
        /// Versions that its pods run.
        pub versions: Vec<String>,
        /// State in words.
        pub state: Phrase,
        /// Mark that goes with it.
        pub mark: Mark,
        /// *Upgrade Gateway*.
        pub upgrade: Availability,
        /// A canary of it.
        pub start_canary: Availability,
        /// The end of that canary.
        pub end_canary: Availability,
    }

    /// A step that only the console can do, and that a run waits for.
    pub struct HandOffView {
        /// Which step.
        pub task: HandOffTask,
        /// The version that it is about.
        pub version: String,
        /// Name of the instance in the console.
        pub instance: String,
        /// Address of the console.
        pub console: String,
        /// Whether the console is simulated, so that it can be done from here.
        pub simulated: bool,
    }

    /// Asks where a credential comes from.
    pub struct AsmCredentialChoice {
        /// Profile of the aliyun command; none for the credential that is found first.
        pub cli_profile: Option<String>,
    }

    /// Where the credential for ASM comes from. Nothing of the credential itself.
    pub struct AsmCredentials {
        /// Its place, in words; none when there is none.
        pub source: Option<Phrase>,
        /// The region that is set beside it.
        pub region: Option<String>,
        /// Why there is none, or why it can't be used.
        pub problem: Option<Phrase>,
        /// Profiles of the aliyun command that can be chosen instead.
        pub profiles: Vec<AsmCliProfile>,
        /// Known regions.
        pub regions: Vec<String>,
    }

    /// A profile of the aliyun command.
    pub struct AsmCliProfile {
        /// Its name.
        pub name: String,
        /// How it has its credential, in the command's own word.
        pub mode: String,
        /// The region that is set in it.
        pub region: Option<String>,
        /// The program that using it runs.
        pub runs: Option<String>,
    }

    /// Asks for the instances of a region.
    pub struct AsmRegion {
        /// The region.
        pub region: String,
        /// Profile of the aliyun command; none for the credential that is found first.
        pub cli_profile: Option<String>,
    }

    /// Instances that can be linked.
    pub struct AsmInstances {
        /// The instances.
        pub instances: Vec<AsmInstanceRow>,
    }

    /// An instance that can be linked.
    pub struct AsmInstanceRow {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Its region.
        pub region: String,
        /// Its version, as ASM spells it.
        pub version: String,
        /// Its edition.
        pub edition: AsmEdition,
        /// Whether ASM offers an upgrade.
        pub upgradable: bool,
        /// Its clusters, each with the contexts that name its id.
        pub clusters: Vec<AsmClusterMatch>,
    }

    /// A cluster of an instance, and the contexts that lead to it by their names.
    pub struct AsmClusterMatch {
        /// Id of the cluster.
        pub id: String,
        /// Contexts whose name, user or server holds the id.
        pub contexts: Vec<String>,
    }
}

dto_word! {
    /// Edition of an instance.
    pub enum AsmEdition { Standard, Enterprise, Ultimate, Unknown }
    /// A step that only the console can do.
    pub enum HandOffTask { DeployCanary, Promote, Revoke, Unpublish }
    /// Whether a gateway is to have a canary.
    pub enum GatewayCanaryWish { Wanted, Unwanted }
}
