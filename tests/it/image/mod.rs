//! The image of a world: a world that is made of it is the same, and goes on in the same way.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use release_emulator::ZadigGeneration;
use release_emulator::internals::{Settings, State, World};
use tokio::runtime::Builder;

use crate::common::happenings::{Story, fixtures, reads, stories};
use crate::common::{App, NOON, cases};

fn begun(story: &Story) -> App {
    App::build(|settings| *settings = story.settings.clone(), &fixtures())
}

/// Another world of the image of this one.
fn copied(app: &App, story: &Story) -> App {
    let fixtures = State::from_json(&fixtures().to_string()).expect("a state");
    let copy = World::from_image(story.settings.clone(), fixtures, &app.world.image());
    App::of(copy.expect("an image"))
}

/// Checks that both answer alike, to the byte.
async fn assert_alike(app: &App, copy: &App) -> Result<(), TestCaseError> {
    let paths = reads(app).await;
    prop_assert_eq!(&paths, &reads(copy).await);
    for path in paths {
        let replies = (app.get(&path).await, copy.get(&path).await);
        prop_assert_eq!(replies.0.text(), replies.1.text(), "{}", &path);
        prop_assert_eq!(replies.0.headers, replies.1.headers, "{}", &path);
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn a_world_from_an_image_is_the_same_and_goes_on_alike(
        story in stories(60),
        later in stories(25),
    ) {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = begun(&story);
            for (n, happening) in story.happenings.iter().enumerate() {
                happening.happen(&app, n).await;
            }
            let copy = copied(&app, &story);
            prop_assert!(app.world.image() == copy.world.image(), "the images differ");
            assert_alike(&app, &copy).await?;

            for (n, happening) in (1_000..).zip(&later.happenings) {
                let reply = happening.happen(&app, n).await;
                let of_copy = happening.happen(&copy, n).await;
                prop_assert_eq!(reply.text(), of_copy.text(), "{}", reply.request);
                prop_assert_eq!(reply.headers, of_copy.headers, "{}", reply.request);
            }
            prop_assert_eq!(app.advance(3_600_000).await, copy.advance(3_600_000).await);
            assert_alike(&app, &copy).await
        })?;
    }
}

/// A story of everything, always the same.
fn long_story() -> Story {
    let mut runner = TestRunner::deterministic();
    let story = stories(150).new_tree(&mut runner).unwrap().current();
    let settings = Settings {
        zadig: Some(ZadigGeneration::V4),
        freeze: Some(NOON),
        ..Settings::default()
    };
    Story { settings, ..story }
}

#[tokio::test]
async fn an_image_of_format_1_can_still_be_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/image");
    let [image, state] = ["format-1.image", "format-1.json"].map(|name| format!("{folder}/{name}"));
    let story = long_story();
    if std::env::var_os("UPDATE_IMAGE").is_some() {
        let app = begun(&story);
        for (n, happening) in story.happenings.iter().enumerate() {
            happening.happen(&app, n).await;
        }
        std::fs::write(&image, app.world.image()).unwrap();
        std::fs::write(&state, app.get("/_emulator/v1/state").await.body).unwrap();
    }
    let world = World::from_image(
        story.settings,
        State::default(),
        &std::fs::read(&image).unwrap(),
    );
    let app = App::of(world.expect("an image"));

    let exported = app.get("/_emulator/v1/state").await.text();
    assert_eq!(exported, std::fs::read_to_string(&state).unwrap());
}

#[test]
fn other_bytes_are_no_image() {
    let world = |bytes: &[u8]| {
        let world = World::from_image(Settings::default(), State::default(), bytes);
        world.err().map(|error| error.to_string())
    };
    let image = App::load(&fixtures()).world.image();
    assert_eq!(world(&image), None);
    for end in 0..image.len() {
        assert!(world(&image[..end]).is_some(), "{end}");
    }
    let newer = [&[9], &image[1..]].concat();
    let newer = world(&newer);
    assert_eq!(
        newer.as_deref(),
        Some("the bytes are of a newer format, 9; this is 1")
    );
}
