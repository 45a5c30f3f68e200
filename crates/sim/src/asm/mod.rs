//! A simulated instance of Alibaba Cloud Service Mesh, behind its real wire formats.
//!
//! Entry point: [`SimAsm`]. It has three doors: the OpenAPI `servicemesh` 2020-01-11, the API
//! server of the instance, and the API server of its data-plane cluster. No name in a request
//! leads outside; time is tokio's. Sections are those of `domain/asm.md`.
//!
//! Verified in public sources, and modelled as found: the signature and the error codes of a wrong
//! one (§8; signature vectors in `openapi/signature`), parameters and their places and the fields
//! of every answer (§7, held against the SDK's models in `tests/asm-sdk`), one target chosen by
//! the backend and `UpgradedVersion.NotExpected` (§1, §7.2), what the labels select (§4.5), the
//! copy of three labels in one direction (§10.2), sidecars and gateways and their names (§10.3,
//! §10.4), the gateway's canary from 1.20 on (§3.3), hot patches that leave proxies alone (S27).
//!
//! Inferred, and so only one of the ways in which the real instance may behave: names and entries
//! of the injectors (§10.5), words of `ServiceMeshInfo.State` but `running`, when a version flips
//! and when canary fields come and go (§11.2), what the console refuses, the code and text of a
//! failed precheck, keys of `GatewayStatusRecord` (§14.2), that `ASMGatewayContinue` touches gateways
//! alone, the order of the log, what becomes of `istio.io/rev=canary` after the promotion, and how
//! long anything takes.
//!
//! Deliberately absent: creating and deleting instances and clusters, certificates, traffic.

mod build;
mod console;
mod core;
mod dataplane;
mod demo;
mod faults;
mod gateways;
mod injectors;
mod instance;
mod labels;
mod mesh_crds;
mod objects;
mod openapi;
mod version;
mod work;

use std::sync::{Arc, Once};

use jiff::Timestamp;
use tokio::io::DuplexStream;
use tokio_util::sync::DropGuard;

use crate::cluster::Pace;
use crate::handle::{PIPE, SimCluster};
use crate::held::{Gate, Held};

pub use build::{AsmBuilder, Gateway};
pub use console::Refused;
pub use faults::{Action, AsmFault, Break};
pub use instance::{Edition, InjectionPolicy, NothingNewer, RecordKeys};
pub use openapi::{AccessKey, Call};

use self::core::Core;

/// A simulated ASM instance. Clones are the same instance; it ends when the last clone is dropped.
#[derive(Clone)]
pub struct SimAsm(Arc<Shared>);

struct Shared {
    core: Arc<Core>,
    started: Once,
    _end: DropGuard,
}

impl std::fmt::Debug for SimAsm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimAsm").finish_non_exhaustive()
    }
}

impl SimAsm {
    /// The instance that every new user sees: Enterprise Edition on 1.16.4.93 with one data-plane
    /// cluster, two gateways and about 25 workloads. The same seed gives the same instance.
    pub fn demo(seed: u64) -> Self {
        demo::instance(seed, Timestamp::now())
    }

    /// A small instance on 1.22.6.114, whose gateways can have a canary.
    pub fn demo_of_gateways(seed: u64) -> Self {
        demo::gateways(seed, Timestamp::now())
    }

    /// An instance to be built.
    pub fn builder() -> AsmBuilder {
        AsmBuilder::new()
    }

    fn of(core: Core) -> Self {
        let end = core.cancel.clone().drop_guard();
        Self(Arc::new(Shared { core: Arc::new(core), started: Once::new(), _end: end }))
    }

    /// Opens a connection to the OpenAPI. Must be called within a tokio runtime.
    pub fn dial_openapi(&self) -> DuplexStream {
        self.start();
        let (near, far) = tokio::io::duplex(PIPE);
        tokio::spawn(openapi::serve(self.0.core.clone(), far));
        near
    }

    /// Opens a connection to the API server of the instance itself: the ASM kubeconfig's.
    pub fn dial_control_plane(&self) -> DuplexStream {
        self.start();
        self.0.core.control.dial()
    }

    /// Opens a connection to the API server of the data-plane cluster: the ACK kubeconfig's.
    pub fn dial_data_plane(&self) -> DuplexStream {
        self.start();
        self.0.core.data.dial()
    }

    /// The cluster behind the instance's own API server, for faults and for looking past it.
    pub fn control_plane(&self) -> &SimCluster {
        &self.0.core.control
    }

    /// The data-plane cluster, for faults and for looking past its API server.
    pub fn data_plane(&self) -> &SimCluster {
        &self.0.core.data
    }

    /// Sets how quickly things happen from now on, in the cloud and in both clusters.
    pub fn pace(&self, pace: Pace) {
        self.0.core.control.pace(pace);
        self.0.core.data.pace(pace);
        self.0.core.with(|instance| instance.pace = pace);
    }

    /// What the cloud's clock shows: a request must be dated within a quarter of an hour of it.
    /// It runs with tokio's time, so a test that pauses that dates its requests by this.
    pub fn now(&self) -> Timestamp {
        self.0.core.with_instance(openapi::now)
    }

    /// Id of the instance.
    pub fn mesh_id(&self) -> String {
        self.0.core.with_instance(|instance| instance.identity.mesh_id.clone())
    }

    /// Id of the data-plane cluster.
    pub fn cluster_id(&self) -> String {
        self.0.core.with_instance(|instance| instance.identity.cluster_id.clone())
    }

    /// Host that requests name: nothing else answers under it.
    pub fn host(&self) -> &'static str {
        openapi::HOST
    }

    /// The long-lived key that the OpenAPI knows. It opens nothing else.
    pub fn access_key(&self) -> AccessKey {
        openapi::long_lived_key()
    }

    /// The temporary key that the OpenAPI knows, with a security token. It opens nothing else.
    pub fn temporary_key(&self) -> AccessKey {
        openapi::temporary_key()
    }

    /// Every secret that this instance gives out or takes: what must never be found in a log.
    pub fn secrets(&self) -> Vec<String> {
        openapi::secrets()
    }

    /// Lets something go wrong in the cloud. What goes wrong in the clusters is theirs.
    pub fn fault(&self, fault: AsmFault) {
        self.0.core.with(|instance| instance.faults.add(fault));
    }

    /// Holds the `nth` request, from 1, of those that `on` says, before it does anything.
    pub fn hold(&self, on: Action, nth: u32) -> Held {
        let (gate, held) = Gate::shut();
        self.0.core.with(|instance| instance.faults.hold(on, nth, gate));
        held
    }

    /// Ends every fault, in the cloud and in both clusters.
    pub fn heal(&self) {
        self.0.core.with(|instance| instance.faults.clear());
        self.0.core.control.heal();
        self.0.core.data.heal();
    }

    /// Every request to the OpenAPI so far, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.0.core.with_instance(|instance| instance.calls.clone())
    }

    /// The signatures of the newest requests: what must never be found in a log either.
    pub fn signatures(&self) -> Vec<String> {
        self.0.core.with_instance(|instance| instance.signatures.clone())
    }

    /// Forgets the requests so far, for a test that counts from here.
    pub fn forget_calls(&self) {
        self.0.core.with(|instance| instance.calls.clear());
    }

    /// Waits until the instance and its data plane have nothing to do.
    pub async fn settled(&self) {
        self.start();
        self.0.core.settled().await;
    }

    fn core(&self) -> &Core {
        &self.0.core
    }

    /// Starts what goes on by itself, once.
    fn start(&self) {
        self.0.started.call_once(|| {
            self.0.core.control.start();
            self.0.core.data.start();
            let core = self.0.core.clone();
            tokio::spawn(async move { core.run().await });
        });
    }
}
