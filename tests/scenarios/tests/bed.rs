//! The scenarios on a real control plane and a real Istio. Its three versions are one source under
//! three stamps, so what differs between Istio's releases is not shown here.

use anyhow::{Context as _, Result};
use meshlift_scenarios::{Place, Programs, World, scenario};
use tokio::sync::{Semaphore, SemaphorePermit};

const PROGRAMS: Programs = Programs {
    operate: env!("CARGO_BIN_EXE_operate"),
    istioctl: env!("CARGO_BIN_EXE_simulated-istioctl"),
};

/// Beds at a time: each is a whole control plane.
static BEDS: Semaphore = Semaphore::const_new(2);

async fn room(beds: u32) -> Result<SemaphorePermit<'static>> {
    BEDS.acquire_many(beds).await.context("room for a bed")
}

/// One test for each scenario, on a world of its own: they all change what the whole cluster shares.
macro_rules! on_a_bed {
    ($($name:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> Result<()> {
            let _room = room(1).await?;
            let world = World::start(Place::Bed, PROGRAMS).await?;
            scenario::$name(&world).await?;
            world.stop().await
        }
    )* };
}

meshlift_scenarios::for_each_scenario!(on_a_bed);

// Who may do what is asked of a real API server.
on_a_bed! { operator_who_may_not_create_pods }

#[tokio::test(flavor = "multi_thread")]
async fn context_repointed_between_kill_and_resume() -> Result<()> {
    let _room = room(2).await?;
    let one = World::start(Place::Bed, PROGRAMS).await?;
    let other = World::start(Place::Bed, PROGRAMS).await?;
    scenario::context_repointed_between_kill_and_resume(&one, &other).await?;
    one.stop().await?;
    other.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_writes_nothing() -> Result<()> {
    let _room = room(1).await?;
    let world = World::start(Place::Bed, PROGRAMS).await?;
    scenario::make_mesh(&world).await?;
    scenario::no_istioctl_writes_without_the_values(&world).await?;
    scenario::contexts_that_cannot_be_used(&world).await?;
    scenario::credentials_that_cannot_be_used(&world).await?;
    world.stop().await
}
