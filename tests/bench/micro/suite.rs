//! The benchmarks that were asked for.

use brunch::{Bench, Benches};

/// The calls that are measured as one where a single call is too short for the clock.
pub(crate) const SHORT_CALLS: usize = 1_000;

/// The benchmarks of a run, selected by a word in their names.
pub(crate) struct Suite {
    word: Option<String>,
    benches: Benches,
}

impl Suite {
    /// Selects by the first argument that is no flag; Cargo adds `--bench`.
    pub(crate) fn from_arguments() -> Self {
        Self {
            word: std::env::args()
                .skip(1)
                .find(|argument| !argument.starts_with('-')),
            benches: Benches::default(),
        }
    }

    /// Measures a function.
    pub(crate) fn run<O>(&mut self, name: &str, function: impl FnMut() -> O) {
        self.add(name, |bench| bench.run(function));
    }

    /// Measures a function with inputs, whose making does not count.
    pub(crate) fn run_with<I, O>(
        &mut self,
        name: &str,
        input: impl FnMut() -> I,
        function: impl FnMut(I) -> O,
    ) {
        self.add(name, |bench| bench.run_seeded_with(input, function));
    }

    fn add(&mut self, name: &str, run: impl FnOnce(Bench) -> Bench) {
        let is_selected = self.word.as_ref().is_none_or(|word| name.contains(word));
        if is_selected {
            self.benches.push(run(Bench::new(name)));
        }
    }

    /// Prints the results.
    pub(crate) fn finish(self) {
        self.benches.finish();
    }
}
