//! The tools that own a control plane, and what may be asked of each.
//!
//! Entry point: [`Provider`], one closed enum. Every answer is a match on it, so a further provider
//! shows every place it matters. Deliberately absent: choosing a plan (`meshlift-core`) and showing
//! why a step is left to its owner (`meshlift-app`).

pub mod asm;
pub mod istioctl;

use meshlift_core::inventory::{ControlPlane, Installer};

/// The tool that installs and upgrades a control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// `istioctl install`, which the app can run itself.
    Istioctl,
    /// Alibaba Cloud Service Mesh, by its API; the four steps of a canary are done in its console.
    Asm,
    /// Somebody else's tool: the operator changes the version there, and the app sees that it was
    /// done.
    HandOff {
        /// Who owns the control plane.
        owner: Installer,
    },
}

/// What a provider can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "four independent facts, each asked alone")]
pub struct Capabilities {
    /// Installs a second revision beside the first.
    pub canary: bool,
    /// Replaces a control plane under its own revision.
    pub in_place: bool,
    /// Upgrades gateways that the install renders.
    pub gateways: bool,
    /// Removes a revision.
    pub retire: bool,
}

impl Provider {
    /// The provider of a control plane.
    pub fn of(plane: &ControlPlane) -> Self {
        match plane.installer {
            Installer::Istioctl => Self::Istioctl,
            Installer::Asm => Self::Asm,
            Installer::Helm
            | Installer::Sail
            | Installer::ArgoCd
            | Installer::Flux
            | Installer::Vendor
            | Installer::Unknown => Self::HandOff { owner: plane.installer },
        }
    }

    /// What it can do.
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Istioctl => {
                Capabilities { canary: true, in_place: true, gateways: true, retire: true }
            }
            Self::Asm => {
                Capabilities { canary: false, in_place: true, gateways: true, retire: false }
            }
            Self::HandOff { owner: _ } => {
                Capabilities { canary: false, in_place: false, gateways: false, retire: false }
            }
        }
    }

    /// The name of the tool, for a sentence.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Istioctl => "istioctl",
            Self::Asm => "Alibaba Cloud Service Mesh",
            Self::HandOff { owner } => match owner {
                Installer::Istioctl => "istioctl",
                Installer::Asm => "Alibaba Cloud Service Mesh",
                Installer::Helm => "Helm",
                Installer::Sail => "the Sail operator",
                Installer::ArgoCd => "Argo CD",
                Installer::Flux => "Flux",
                Installer::Vendor => "the cloud vendor",
                Installer::Unknown => "an unknown tool",
            },
        }
    }
}
