//! istioctl as the tool that owns a control plane: found, checked, run, and its revisions taken
//! apart by name.
//!
//! Entry points: [`find`], [`check`], [`install`], [`objects_of`]. What is built on here was read in
//! Istio's source (`operator/pkg/{install,webhook,render,uninstall}`, the installer that releases
//! from 1.24 on share) and tried on the test bed:
//!
//! **What an install prunes.** After it has applied its render, istioctl lists the kinds of
//! [`live::KINDS`] by the labels `operator.istio.io/managed=Reconcile`,
//! `operator.istio.io/version=<version of the binary>`, `istio.io/rev=<revision or default>`,
//! `install.operator.istio.io/owning-resource{,-namespace}` (only if the values name them) and
//! `operator.istio.io/component` (any), and deletes in the foreground what the render lacks, unless
//! it is labelled `install.operator.istio.io/owning-resource-not-pruned=true`. Two things follow.
//! It never prunes another revision's objects. And because the *version* is part of the selector,
//! an upgrade to another version leaves behind what the new render lacks, while a second run with
//! the same binary deletes it: a repeated or resumed install is the dangerous one.
//!
//! **What a second revision does to what both share.** CRDs, `istio-reader-service-account` and
//! other objects of `Base` are applied again and get the labels of the new revision and version, so
//! a revision label on them says only who came last: [`objects_of`] looks at `Pilot` alone. The same
//! holds for CNI and ztunnel if the values enable them. `istiod-default-validator` and the tag
//! `default` stay as they are, **if a tag `default` exists**. If none does, the install makes its own
//! revision the default at once and switches off an injector without revision; and an install
//! without revision always points `default` at itself. [`check`] blocks both.
//!
//! **Gateways** have the same names in every revision. A new revision whose render holds a gateway
//! takes the live one over and rolls it to its own version at once, before anything was verified.
//! So a control plane is rendered with an `overlay` that leaves them out; the gateways follow in a step of their
//! own with the whole values (`InstallPart::Everything`). In place this split works as well, because
//! the live gateways still carry the old version's label when the first part prunes. It does not
//! work for a second run at the same version: there the gateways would be pruned, and [`check`]
//! blocks it. Before 1.24 another installer did the pruning, so there any object that the render
//! lacks counts as removed.
//!
//! Deliberately absent: downloading a binary, and `istioctl uninstall`, which deletes gateways, CNI
//! and ztunnel along with a revision.

mod arguments;
mod check;
mod compare;
mod find;
mod install;
mod live;
mod objects;
pub(crate) mod overlay;
mod plain;
mod render;
mod values;

pub use check::{InstallCheck, InstallError, check, values_digest};
pub use compare::Block;
use find::ask_with;
pub use find::{Binary, BinaryFault, ask, find};
pub use install::install;
pub use objects::objects_of;
pub use overlay::overlay_of;
pub use values::Difference;
