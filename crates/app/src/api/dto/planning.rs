//! What the Planner and the catalogue say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Method, Phrase};

dto! {
    /// What the Planner asks.
    pub struct RouteRequest {
        /// From version.
        pub from: String,
        /// To version.
        pub to: String,
        /// Rules: `asm-seed`, `asm-strict` or `istio`.
        pub profile: String,
        /// Kubernetes minor, such as `1.34`; none when it does not matter.
        pub kubernetes: Option<String>,
        /// Open mesh or saved snapshot that the changes on the way are looked for in.
        pub context: Option<String>,
    }

    /// What the Planner can offer.
    pub struct PlannerChoices {
        /// Rules.
        pub profiles: Vec<ProfileView>,
        /// Known versions per profile id, newest first.
        pub versions: BTreeMap<String, Vec<String>>,
        /// The question to begin with per profile id: one that has an answer. None for rules whose versions
        /// lead nowhere.
        pub first: BTreeMap<String, FirstQuestion>,
        /// Kubernetes minors, newest first.
        pub kubernetes: Vec<String>,
        /// As-of date of the data.
        pub as_of: String,
    }

    /// A question to begin with.
    pub struct FirstQuestion {
        /// From version.
        pub from: String,
        /// To version.
        pub to: String,
    }

    /// A set of rules.
    pub struct ProfileView {
        /// Its id.
        pub id: String,
        /// Where the rules come from.
        pub source: String,
    }

    /// Every way from A to B.
    pub struct RouteList {
        /// Routes, best first.
        pub routes: Vec<RouteView>,
        /// Whether there are more, none of them better.
        pub more: bool,
        /// What is refused, and why.
        pub refusals: Vec<RefusalView>,
        /// Versions on the way that no route stops at.
        pub passed_over: Vec<PassedOverView>,
        /// The changes that the hops name, by the minor that brings them.
        pub changes: Vec<ChangeView>,
        /// Support windows of the minors in play.
        pub windows: Vec<WindowView>,
        /// Why the best is best.
        pub verdict: Option<Phrase>,
        /// Version and Kubernetes of the mesh that was asked about, if one was.
        pub mesh: Option<PlannedMesh>,
    }

    /// The mesh that the changes were looked for in.
    pub struct PlannedMesh {
        /// Its context.
        pub context: String,
        /// Version of its stable control plane; none when it can't be told.
        pub version: Option<String>,
        /// Its Kubernetes minor.
        pub kubernetes: Option<String>,
        /// When it was read.
        pub read_at: Option<String>,
        /// When it was last looked at for the changes; none for a saved one.
        pub looked_at: Option<String>,
    }

    /// One route.
    pub struct RouteView {
        /// Its hops.
        pub hops: Vec<HopView>,
        /// Full data-plane restarts it needs.
        pub restarts: u32,
        /// Hops that have a way back.
        pub ways_back: u32,
        /// Kubernetes upgrades that come first or in between.
        pub kubernetes_upgrades: u32,
        /// How it differs from the best one; none for the best itself.
        pub behind: Option<Phrase>,
        /// What has to be done first, in order.
        pub first: Vec<TodoView>,
    }

    /// Something to do before a hop.
    pub struct TodoView {
        /// The hop, counted from 1; none for all of them.
        pub hop: Option<u32>,
        /// What.
        pub what: Phrase,
        /// Where that comes from; none for what everybody knows.
        pub source: Option<String>,
    }

    /// One hop of a route.
    pub struct HopView {
        /// From.
        pub from: String,
        /// To.
        pub to: String,
        /// Method of this hop.
        pub method: Method,
        /// Class of the hop.
        pub class: String,
        /// Why this method, with its source.
        pub reason: Phrase,
        /// Name of the rule.
        pub rule: String,
        /// Source of the rule.
        pub source: String,
        /// Whether it can be taken back before it is finished.
        pub way_back: bool,
        /// The other method of the same hop: whether it is allowed, and why not.
        pub other: OtherMethod,
        /// What speaks against it.
        pub warnings: Vec<Phrase>,
        /// Kubernetes upgrade that comes before it.
        pub kubernetes_first: Option<KubernetesStep>,
        /// Whether the Kubernetes version fits its target then.
        pub kubernetes_fits: Option<bool>,
        /// Ids of the changes that it crosses.
        pub changes: Vec<String>,
    }

    /// The method that a hop does not use.
    pub struct OtherMethod {
        /// Which.
        pub method: Method,
        /// Why it is refused; none when it would do as well.
        pub refused: Option<Phrase>,
    }

    /// A Kubernetes upgrade, one minor at a time.
    pub struct KubernetesStep {
        /// The minors, the current one first.
        pub minors: Vec<String>,
        /// Why, and how much it is needed.
        pub why: Phrase,
    }

    /// Something the rules refuse.
    pub struct RefusalView {
        /// From.
        pub from: String,
        /// To.
        pub to: String,
        /// Method, if only one is refused.
        pub method: Option<Method>,
        /// Why.
        pub reason: Phrase,
        /// What would make it possible.
        pub remedy: Option<Phrase>,
        /// Source of the rule.
        pub source: String,
    }

    /// A version on the way that no route stops at.
    pub struct PassedOverView {
        /// The version.
        pub version: String,
        /// The version of the same minor that is taken in its place.
        pub instead: String,
        /// Ids of the known defects that speak against it; none when it is only superseded.
        pub defects: Vec<String>,
    }

    /// A change that an upgrade crosses.
    pub struct ChangeView {
        /// Its id, such as `B121-3`.
        pub id: String,
        /// The minor that brings it.
        pub minor: String,
        /// How much it can hurt.
        pub impact: ImpactWord,
        /// What changes, in the data's own words.
        pub what: String,
        /// What to do about it, in the data's own words.
        pub remedy: String,
        /// Settings that keep the old behaviour.
        pub escape: Vec<String>,
        /// The first minor in which those settings are gone.
        pub escape_gone_in: Option<String>,
        /// Whether it concerns ambient workloads only.
        pub ambient: bool,
        /// Where it is stated.
        pub source: String,
        /// Whether the mesh that was asked about is hit by it.
        pub hit: HitState,
        /// The objects that are hit, as far as they are named.
        pub objects: Vec<String>,
        /// How many there are.
        pub hits: u32,
        /// Why it was not decided, or why it can't hit.
        pub why: Option<Phrase>,
    }

    /// Support window of one minor.
    pub struct WindowView {
        /// The minor, such as `1.30`.
        pub minor: String,
        /// Its release, `YYYY-MM-DD`.
        pub released: String,
        /// Its end, `YYYY-MM-DD`, if known.
        pub ends: Option<String>,
        /// Whether that end is an estimate.
        pub estimated: bool,
        /// Kubernetes minors that it supports.
        pub kubernetes: Vec<String>,
    }

    /// The catalogue as it is used now.
    pub struct CatalogueView {
        /// Its parts.
        pub parts: Vec<CataloguePart>,
        /// The file that the user named.
        pub file: Option<String>,
        /// Why that file is not used.
        pub problem: Option<Phrase>,
        /// Istio's minors, newest first.
        pub releases: Vec<ReleaseView>,
        /// Versions to avoid or to treat with care.
        pub defects: Vec<DefectView>,
        /// Changes between minors, newest first.
        pub changes: Vec<ChangeView>,
        /// ASM versions, newest first.
        pub asm: Vec<String>,
    }

    /// One part of the catalogue.
    pub struct CataloguePart {
        /// Which part.
        pub kind: CataloguePartKind,
        /// Date of its newest fact, `YYYY-MM-DD`.
        pub as_of: String,
        /// Where it comes from.
        pub origin: CatalogueOrigin,
        /// Entries in it.
        pub count: u32,
    }

    /// One minor of Istio.
    pub struct ReleaseView {
        /// Its support window.
        pub window: WindowView,
        /// Its newest known patch.
        pub newest: String,
        /// The newest patch that nothing speaks against; none when there is none.
        pub sound: Option<String>,
        /// Kubernetes minors as a range.
        pub kubernetes: String,
        /// The oldest Kubernetes minor that its code accepts.
        pub kubernetes_minimum: Option<String>,
    }

    /// A version to avoid or to treat with care.
    pub struct DefectView {
        /// Its id, such as `KB-03`.
        pub id: String,
        /// What it is, in the data's own words.
        pub title: String,
        /// Which versions have it, such as `1.30.0–1.30.2`.
        pub versions: String,
        /// What follows for a plan.
        pub advice: DefectAdvice,
        /// What goes wrong.
        pub problem: String,
        /// When it shows; none for always, or when nothing is stated.
        pub condition: Option<String>,
        /// The first fixed patch of each line.
        pub fixed_in: Vec<String>,
        /// Where it comes from.
        pub source: String,
    }
}

dto_word! {
    /// How much a change can hurt.
    pub enum ImpactWord { High, Medium, Low }
    /// Whether a mesh is hit by a change.
    pub enum HitState { Hit, Clear, Undecided, NoMesh }
    /// A part of the catalogue.
    pub enum CataloguePartKind { Releases, KnownBad, Changes, AsmVersions }
    /// Where a part of the catalogue comes from.
    pub enum CatalogueOrigin { Embedded, File, Live }
    /// What a known defect means for a plan.
    pub enum DefectAdvice { Avoid, Caution, SourceOnly, CliOnly }
}
