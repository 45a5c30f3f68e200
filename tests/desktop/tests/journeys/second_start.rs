//! Two windows must not drive one mesh: a second start on the same data folder ends, and the first
//! window stays.

use anyhow::ensure;
use meshlift_desktop_journeys::{Journey, Start};

#[tokio::test]
async fn a_second_start_leaves_the_first_window_alone() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let start = Start::demo(data.path());
    let journey = Journey::begin("second-start", &start).await?;

    let second = journey.start_beside(&start).await?;

    ensure!(second.success(), "the second process hands over and ends: {second}");
    journey.press("link", "History").await?;
    journey.says("Every run of this computer").await?;
    journey.end().await
}
