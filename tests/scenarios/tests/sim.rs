//! The scenarios on the simulator.

use anyhow::Result;
use meshlift_scenarios::{Place, Programs, World, scenario};

const PROGRAMS: Programs = Programs {
    operate: env!("CARGO_BIN_EXE_operate"),
    istioctl: env!("CARGO_BIN_EXE_simulated-istioctl"),
};

/// One test for each scenario, on a world of its own.
macro_rules! on_the_simulator {
    ($($name:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> Result<()> {
            let world = World::start(Place::Simulator, PROGRAMS).await?;
            scenario::$name(&world).await?;
            world.stop().await
        }
    )* };
}

meshlift_scenarios::for_each_scenario!(on_the_simulator);

#[tokio::test(flavor = "multi_thread")]
async fn context_repointed_between_kill_and_resume() -> Result<()> {
    let one = World::start(Place::Simulator, PROGRAMS).await?;
    let other = World::start(Place::Simulator, PROGRAMS).await?;
    scenario::context_repointed_between_kill_and_resume(&one, &other).await?;
    one.stop().await?;
    other.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_writes_nothing() -> Result<()> {
    let world = World::start(Place::Simulator, PROGRAMS).await?;
    scenario::make_mesh(&world).await?;
    scenario::no_istioctl_writes_without_the_values(&world).await?;
    scenario::contexts_that_cannot_be_used(&world).await?;
    world.stop().await
}
