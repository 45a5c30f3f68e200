//! Plans: what is asked for, and what is shown before it is confirmed.

use serde::{Deserialize, Serialize};

use super::{Acknowledgement, Availability, FindingView, GatewayCanaryWish, Phrase};

dto! {
    /// What the user wants to have planned.
    pub struct PlanRequest {
        /// The context.
        pub context: String,
        /// The operation.
        pub operation: OperationRequest,
    }

    /// One button of Upgrade Management.
    #[serde(tag = "kind")]
    pub enum OperationRequest {
        /// *Upgrade*: the control plane, in place.
        #[serde(rename_all = "camelCase")]
        UpgradeControlPlane {
            /// The target version.
            target: String,
        },
        /// *Deploy canary*.
        #[serde(rename_all = "camelCase")]
        DeployCanary {
            /// The target version.
            target: String,
        },
        /// Moves namespaces to a revision or tag, without restarting anything.
        #[serde(rename_all = "camelCase")]
        MoveNamespaces {
            /// The namespaces.
            namespaces: Vec<String>,
            /// Where to.
            to: MoveTarget,
            /// Whether their workloads are restarted in the same run.
            restart: bool,
        },
        /// *Rolling Upgrade* of workloads, *Upgrade Gateway* of gateways.
        #[serde(rename_all = "camelCase")]
        Restart {
            /// Row ids.
            workloads: Vec<String>,
            /// Row id that goes first, alone.
            first: Option<String>,
            /// Workloads at a time; none for the default.
            width: Option<u32>,
        },
        /// *Upgrade Gateway* for gateways that the install renders.
        UpgradeGateways,
        /// *Upgrade Gateway* for named gateways of ASM.
        #[serde(rename_all = "camelCase")]
        UpgradeNamedGateways {
            /// Row ids.
            gateways: Vec<String>,
        },
        /// A canary beside one gateway of ASM, or its end.
        #[serde(rename_all = "camelCase")]
        GatewayCanary {
            /// Row id of the gateway.
            gateway: String,
            /// Whether it is to have one.
            wish: GatewayCanaryWish,
        },
        /// *Promote*: the canary becomes the default.
        Promote,
        /// *Revoke*: back to stable, the canary goes.
        Revoke,
        /// *Unpublish*: the old revision goes.
        Unpublish,
    }

    /// A plan, to be confirmed exactly as shown.
    pub struct PlanView {
        /// Digest that `run_start` takes.
        pub digest: String,
        /// What kind of operation.
        pub operation: OperationKind,
        /// The context.
        pub context: String,
        /// Address of its API server.
        pub server: String,
        /// Whether the context's name has to be typed.
        pub protected: bool,
        /// Version and revision it starts from.
        pub from: String,
        /// Version and revision it goes to.
        pub to: String,
        /// The steps, in order.
        pub steps: Vec<PlanStepView>,
        /// What will happen, in plain words.
        pub will: Vec<Phrase>,
        /// What will not happen.
        pub will_not: Vec<Phrase>,
        /// The way back, or that there is none.
        pub way_back: Phrase,
        /// Whether it can be undone: decides how the button looks.
        pub reversible: bool,
        /// What speaks against it; blocking ones refuse the start.
        pub findings: Vec<FindingView>,
        /// Questions that must be agreed to before the start.
        pub consents: Vec<ConsentView>,
        /// Whether it may start, and why not.
        pub start: Availability,
    }

    /// One step of a plan.
    pub struct PlanStepView {
        /// Its id.
        pub id: String,
        /// What it does.
        pub title: Phrase,
        /// Workloads it restarts.
        pub workloads: u32,
        /// Pods it replaces.
        pub pods: u32,
        /// Equivalent command lines.
        pub commands: Vec<String>,
    }

    /// Something the user has to agree to.
    pub struct ConsentView {
        /// Its id, which `run_start` takes.
        pub id: String,
        /// What is agreed to.
        pub question: Phrase,
    }

    /// Starts a plan.
    pub struct StartRun {
        /// Digest of the plan, as it was shown.
        pub digest: String,
        /// Ids of the consents given.
        pub consents: Vec<String>,
        /// Blocking findings that the user takes upon themselves, with the reason.
        #[serde(default)]
        pub acknowledgements: Vec<Acknowledgement>,
        /// The context's name as typed, where asked.
        pub typed_name: Option<String>,
    }

    /// The run that was started.
    pub struct RunStarted {
        /// Its id.
        pub run_id: String,
    }
}

dto_word! {
    /// Where namespaces are moved.
    pub enum MoveTarget { Canary, Stable }

    /// What an operation is.
    pub enum OperationKind { UpgradeControlPlane, DeployCanary, MoveNamespaces, Restart, UpgradeGateways, GatewayCanary, Promote, Revoke, Unpublish, RollBack }

    /// Method of a hop.
    pub enum Method { InPlace, Canary }
}
