//! The turns of courses: a world's clock follows one at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::course::{Arrival, Course, Progress};
use super::engine::Engine;

/// The courses of a world, one after the other.
#[derive(Debug, Default)]
pub(super) struct Courses {
    /// Those who wait for their turn, in order.
    queue: tokio::sync::Mutex<()>,
    current: Mutex<Option<CurrentCourse>>,
}

#[derive(Clone, Debug)]
struct CurrentCourse {
    course: Arc<Mutex<Course>>,
    progress: Arc<Progress>,
}

/// A course that has its turn. It is cancelled if this is dropped before it ends.
pub(super) struct Turn<'a> {
    engine: &'a Engine,
    courses: &'a Courses,
    course: Arc<Mutex<Course>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut course = lock(&self.course);
        if !course.has_ended() {
            // Under the lock of the memory, whose timers follow the clock.
            self.engine
                .exclusively(|database| course.cancel(self.engine, database));
        }
        drop(course);
        let mut current = lock(&self.courses.current);
        // Another may have taken the place of one that has ended.
        if current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(&current.course, &self.course))
        {
            *current = None;
        }
    }
}

impl Turn<'_> {
    /// Goes on for a slice. Returns the arrival at the end.
    pub(super) fn go_on(&self) -> Option<Arrival> {
        let mut course = lock(&self.course);
        if !course.has_ended() {
            self.engine
                .exclusively(|database| course.go_on(self.engine, database));
        }
        course.arrival()
    }
}

impl Courses {
    /// Waits behind the others who have no turn yet.
    pub(super) async fn place(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.queue.lock().await
    }

    /// Drives a course to its end. It waits for its turn, and lets others in between its slices.
    pub(super) async fn run(&self, engine: &Engine, course: Course) -> Arrival {
        let _place = self.place().await;
        let course = Arc::new(Mutex::new(course));
        let turn = loop {
            match self.occupy(engine, &course) {
                Some(turn) => break turn,
                // A caller that blocks its thread is before this one.
                None => self.help(engine),
            }
            engine.let_others_in().await;
        };
        loop {
            if let Some(arrival) = turn.go_on() {
                return arrival;
            }
            engine.let_others_in().await;
        }
    }

    /// Drives a course to its end on this thread.
    pub(super) fn run_blocking(&self, engine: &Engine, course: Course) -> Arrival {
        let turn = self.take_turn(engine, course);
        loop {
            if let Some(arrival) = turn.go_on() {
                return arrival;
            }
            std::thread::yield_now();
        }
    }

    /// Waits on this thread until a course has its turn. One that is under way comes first: the thread may be the one that
    /// drives it.
    pub(super) fn take_turn<'a>(&'a self, engine: &'a Engine, course: Course) -> Turn<'a> {
        let course = Arc::new(Mutex::new(course));
        loop {
            if let Some(turn) = self.occupy(engine, &course) {
                return turn;
            }
            self.help(engine);
            std::thread::yield_now();
        }
    }

    /// The progress of the course that is under way.
    pub(super) fn under_way(&self) -> Option<Arc<Progress>> {
        let current = lock(&self.current);
        let progress = current
            .as_ref()
            .map(|current| Arc::clone(&current.progress));
        progress.filter(|progress| progress.target().is_some())
    }

    fn occupy<'a>(&'a self, engine: &'a Engine, course: &Arc<Mutex<Course>>) -> Option<Turn<'a>> {
        let mut current = lock(&self.current);
        // The driver of one that has ended may wait for this very thread.
        if current
            .as_ref()
            .is_some_and(|current| !lock(&current.course).has_ended())
        {
            return None;
        }
        *current = Some(CurrentCourse {
            progress: Arc::clone(&lock(course).progress),
            course: Arc::clone(course),
        });
        Some(Turn {
            engine,
            courses: self,
            course: Arc::clone(course),
        })
    }

    /// Drives the course that is under way for a slice. Its own driver finds it ended.
    fn help(&self, engine: &Engine) {
        let current = lock(&self.current).clone();
        if let Some(current) = current {
            let mut course = lock(&current.course);
            if !course.has_ended() {
                engine.exclusively(|database| course.go_on(engine, database));
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
