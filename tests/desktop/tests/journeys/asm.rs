//! The demos' ASM instances: in place to the end, by canary to the end, a canary that is given up, and
//! the canary of a gateway. What only the console can do is done in the simulated one, by its button.

use anyhow::ensure;
use meshlift_desktop_journeys::{Journey, Start};

const DEMO: &str = "demo-asm";
const DEMO_GATEWAYS: &str = "demo-asm-gateways";
const CANARY: &str = "1.18.0.158";
/// The namespaces of the demo's mesh, each with the label that injects.
const MESHED: [&str; 4] = ["catalog", "payments", "shop", "shop-test"];

/// The window on a demo's instance.
async fn at(context: &str, name: &str, start: &Start) -> anyhow::Result<Journey> {
    let mut journey = Journey::begin(name, start).await?;
    journey.open_mesh(context, "").await?;
    journey.says("This mesh is simulated").await?;
    Ok(journey)
}

#[tokio::test]
async fn the_instance_is_upgraded_in_place() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut journey = at(DEMO, "asm_in_place", &Start::demo(data.path())).await?;
    journey.precheck().await?;
    journey.picture_in_every_look("precheck").await?;
    journey.carry_out("Upgrade", "control-plane").await?;

    journey.show("In-place Upgrade").await?;
    journey.picture_in_every_look("gateways").await?;
    journey.carry_out("Upgrade Gateway partner-gateway", "gateway").await?;
    journey.show("In-place Upgrade").await?;
    journey.carry_out("Upgrade Gateway ingressgateway", "other-gateway").await?;

    journey.show("In-place Upgrade").await?;
    journey.select_all_in("Data Plane").await?;
    journey.picture("to-be-upgraded").await?;
    journey.carry_out_waves("Rolling Upgrade (*", "workloads").await?;

    journey.show("In-place Upgrade").await?;
    // The stepper's last step: the version alone stood here before, as the target.
    journey.says("all on 1.17.2.42").await?;
    journey.picture("upgraded").await?;
    journey.press("link", "Settings").await?;
    journey.find("region", "Alibaba Cloud Service Mesh").await?;
    journey.picture_in_every_look("settings").await?;
    journey.end().await
}

#[tokio::test]
async fn the_instance_is_upgraded_by_canary() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut journey = at(DEMO, "asm_canary", &Start::demo(data.path())).await?;
    deploy(&mut journey).await?;

    journey.show_canary("Data plane").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.carry_out_waves("Move to canary… shop-test", "move-test").await?;
    journey.show_canary("Data plane").await?;
    journey.picture_in_every_look("namespaces").await?;
    journey.show_canary("Control plane").await?;
    journey.picture_in_every_look("control-planes").await?;
    journey.carry_out_by_hand("Promote…", "promote").await?;
    journey.show_canary("Control plane").await?;
    journey.carry_out("Upgrade Gateway…", "gateways").await?;

    journey.show_canary("Data plane").await?;
    journey.select_all_in("Workloads To Be Upgraded").await?;
    journey.picture("to-be-upgraded").await?;
    journey.carry_out_waves("Rolling Upgrade (*", "workloads").await?;
    journey.show_canary("Control plane").await?;
    journey.carry_out_by_hand("Unpublish…", "unpublish").await?;

    journey.show("In-place Upgrade").await?;
    journey.says(&format!("all on {CANARY}")).await?;
    journey.picture("upgraded").await?;
    journey.end().await
}

#[tokio::test]
async fn a_canary_of_the_instance_is_revoked() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut journey = at(DEMO, "asm_revoke", &Start::demo(data.path())).await?;
    deploy(&mut journey).await?;
    journey.show_canary("Data plane").await?;
    journey.press("checkbox", "Restart their workloads in the same run").await?;
    journey.carry_out_waves("Move to canary… shop-test", "move-test").await?;
    journey.show_canary("Data plane").await?;
    let moved = labels(&journey).await?;
    ensure!(moved.contains("istio.io/rev=1-18-0"), "shop-test has moved: {moved}");

    journey.show_canary("Control plane").await?;
    journey.begin_run("Revoke…", "revoke").await?;
    journey.do_in_the_console("revoke").await?;
    journey.run_to_its_end().await?;
    journey.picture("revoke-done").await?;

    journey.show_canary("Control plane").await?;
    journey.says("not deployed").await?;
    journey.picture("revoked").await?;
    journey.show_canary("Data plane").await?;
    let back = labels(&journey).await?;
    ensure!(!back.contains("istio.io/rev="), "no namespace follows a revision: {back}");
    let by_label = back.matches("istio-injection=enabled").count();
    ensure!(by_label == MESHED.len(), "every namespace has its own label again: {back}");
    journey.picture("as-before").await?;
    journey.end().await
}

#[tokio::test]
async fn a_gateway_is_tried_by_canary() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let mut journey = at(DEMO_GATEWAYS, "asm_gateway", &Start::demo(data.path())).await?;
    journey.precheck().await?;
    journey.carry_out("Upgrade", "control-plane").await?;

    journey.show("In-place Upgrade").await?;
    journey.carry_out("Start canary… partner-gateway", "start").await?;
    journey.show("In-place Upgrade").await?;
    journey.find("button", "End canary… partner-gateway").await?;
    journey.picture("beside").await?;
    journey.carry_out("Upgrade Gateway partner-gateway", "upgrade").await?;
    journey.show("In-place Upgrade").await?;
    journey.carry_out("End canary… partner-gateway", "end").await?;

    journey.show("In-place Upgrade").await?;
    journey.find("button", "Start canary… partner-gateway").await?;
    journey.picture("upgraded").await?;
    journey.end().await
}

/// What the list of namespaces says, of each of the mesh's its label.
async fn labels(journey: &Journey) -> anyhow::Result<String> {
    let words = journey.find("grid", "Namespaces").await?.words().await?;
    let missing: Vec<_> = MESHED.iter().filter(|name| !words.contains(**name)).collect();
    ensure!(missing.is_empty(), "{missing:?} are not listed: {words}");
    Ok(words)
}

/// Deploys a canary of the version after the next.
async fn deploy(journey: &mut Journey) -> anyhow::Result<()> {
    journey.show_canary("Control plane").await?;
    journey.choose("Target", CANARY).await?;
    // A precheck is one of the target that the app knows.
    journey.says(&format!("{CANARY} beside 1-16-4")).await?;
    journey.precheck().await?;
    journey.picture("precheck").await?;
    journey.carry_out_by_hand("Deploy canary…", "deploy").await
}
