//! How the mesh does: its proxies, its log, the cloud resources that it rests on (asm.md §7.3).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{open_enum, switch, text};
use super::super::client::Client;
use super::super::error::{AsmError, within};
use super::super::operation::Operation;
use super::super::parameters::Pairs;
use super::MeshId;

open_enum! {
    /// Whether a proxy has the latest of one kind of configuration.
    Synced {
        /// It has.
        Synced = "SYNCED",
        /// There was nothing to send.
        NotSent = "NOT SENT",
        /// It has an older one.
        Stale = "STALE",
        /// It has an older one and never confirmed any.
        NeverAcknowledged = "STALE (Never Acknowledged)",
    }
}

/// Answer of `DescribeServiceMeshProxyStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ProxyStatuses {
    /// The id of the request.
    pub request_id: String,
    /// The proxies.
    pub proxy_status: Vec<ProxyStatus>,
    #[serde(deserialize_with = "text")]
    code: String,
    message: String,
}

/// One proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ProxyStatus {
    /// Its id, which holds the pod's name and namespace.
    pub proxy_id: String,
    /// The version of the proxy.
    pub proxy_version: String,
    /// The version of the istiod that it follows.
    pub istio_version: String,
    /// Clusters.
    pub cluster_synced: Synced,
    /// Listeners.
    pub listener_synced: Synced,
    /// Routes.
    pub route_synced: Synced,
    /// Endpoints.
    pub endpoint_synced: Synced,
    /// The share of endpoints that it has.
    #[serde(deserialize_with = "text")]
    pub endpoint_percent: String,
}

/// Answer of `DescribeServiceMeshLogs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Logs {
    /// The id of the request.
    pub request_id: String,
    /// The lines.
    pub logs: Vec<LogLine>,
}

/// One line of what the service did to the instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct LogLine {
    /// When.
    pub creation_time: String,
    /// What.
    pub log: String,
    /// The instance.
    pub service_mesh_id: String,
}

/// How much `DescribeServiceMeshAdditionalStatus` looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckMode {
    /// The usual.
    Normal,
    /// Everything.
    Full,
}

/// Answer of `DescribeServiceMeshAdditionalStatus`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AdditionalStatus {
    /// The id of the request.
    pub request_id: String,
    /// The resources.
    pub cluster_status: ClusterStatus,
}

/// The cloud resources of an instance.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ClusterStatus {
    /// Load balancer of the API server.
    pub api_server_load_balancer_status: LoadBalancerStatus,
    /// Load balancer of istiod.
    pub pilot_load_balancer_status: LoadBalancerStatus,
    /// Load balancer of the canary istiod.
    pub canary_pilot_load_balancer_status: LoadBalancerStatus,
    /// Public address of the API server.
    #[serde(rename = "ApiServerEIPStatus")]
    pub api_server_eip_status: EipState,
    /// Public address of istiod.
    #[serde(rename = "PilotEIPStatus")]
    pub pilot_eip_status: EipState,
    /// Public address of the canary istiod.
    #[serde(rename = "CanaryPilotEIPStatus")]
    pub canary_pilot_eip_status: EipState,
    /// The security group.
    pub sg_status: String,
    /// The log project of the audit.
    pub audit_project_status: String,
    /// The log project of the control plane.
    pub control_plane_project_status: String,
    /// The log project of the access log.
    pub access_log_project_status: String,
    /// The role that the service uses.
    #[serde(rename = "RAMApplicationStatus")]
    pub ram_application_status: String,
    /// The log collectors, by cluster.
    pub logtail_status_record: BTreeMap<String, Value>,
}

/// A load balancer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct LoadBalancerStatus {
    /// Whether it is locked, for instance for an unpaid bill.
    #[serde(deserialize_with = "switch")]
    pub locked: bool,
    /// `PrePay` or `PayOnDemand`.
    pub pay_type: String,
    /// Whether something else uses it too.
    #[serde(deserialize_with = "switch")]
    pub reused: bool,
    /// Whether it has the servers behind it that it should have.
    #[serde(rename = "SLBBackEndServerNumStatus")]
    pub backends: SlbBackends,
    /// Whether it is there.
    #[serde(rename = "SLBExistStatus")]
    pub state: SlbState,
}

open_enum! {
    /// Whether a load balancer has the servers behind it that it should have.
    SlbBackends {
        /// More.
        TooMany = "too_much",
        /// It has.
        Exact = "num_exact",
        /// Fewer.
        TooFew = "too_little",
    }
}

open_enum! {
    /// Whether a load balancer is there.
    SlbState {
        /// It is.
        Exists = "exist",
        /// It is not.
        Missing = "not_exist",
        /// It is, and something is wrong with it.
        Conflict = "conflict",
        /// The question failed.
        Failed = "failed",
        /// The question took too long.
        TimedOut = "time_out",
    }
}

open_enum! {
    /// Whether a public address is there.
    EipState {
        /// It is.
        Exists = "exist",
        /// It is not.
        Missing = "not_exist",
        /// The question failed.
        Failed = "failed",
        /// The question took too long.
        TimedOut = "time_out",
        /// It is there for nothing.
        Unused = "not_in_use",
        /// It is locked, for instance for an unpaid bill.
        Locked = "locked",
    }
}

impl Client {
    /// What istiod says about every proxy of a mesh.
    pub async fn describe_service_mesh_proxy_status(
        &self,
        mesh: &MeshId,
    ) -> Result<ProxyStatuses, AsmError> {
        let operation = Operation::DescribeServiceMeshProxyStatus;
        let form = Pairs::default().with("ServiceMeshId", &mesh.0);
        let answer: ProxyStatuses = self.ask(self.call(operation).form(form)).await?;
        // It refuses in an answer that looks like success.
        match answer.code.as_str() {
            "" | "200" => Ok(answer),
            code => Err(within(operation, code, &answer.message, &answer.request_id)),
        }
    }

    /// What the service did to the instance, for a feed of an upgrade's progress.
    pub async fn describe_service_mesh_logs(&self, mesh: &MeshId) -> Result<Logs, AsmError> {
        let form = Pairs::default().with("ServiceMeshId", &mesh.0);
        self.ask(self.call(Operation::DescribeServiceMeshLogs).form(form)).await
    }

    /// The cloud resources of an instance.
    pub async fn describe_service_mesh_additional_status(
        &self,
        mesh: &MeshId,
        mode: CheckMode,
    ) -> Result<AdditionalStatus, AsmError> {
        let mode = match mode {
            CheckMode::Normal => "normal",
            CheckMode::Full => "full",
        };
        let form = Pairs::default().with("ServiceMeshId", &mesh.0).with("CheckMode", mode);
        self.ask(self.call(Operation::DescribeServiceMeshAdditionalStatus).form(form)).await
    }
}
