//! What the layers write down about a request while it is served.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::spelling::Spelling;
use super::{Caller, Operation};

/// What a hint may not hold as a header value; `%` itself stays readable.
const UNPRINTABLE: &AsciiSet = CONTROLS;

/// About how long the header of hints may get: clients and proxies give up on long ones.
const LONGEST_HINT: usize = 2_000;

tokio::task_local! {
    /// The notes of the request that the task serves.
    static CURRENT: Notes;
}

/// Serves a request with its notes at hand, for those who are handed nothing of it.
pub async fn serving<R>(notes: Notes, served: impl Future<Output = R>) -> R {
    CURRENT.scope(notes, served).await
}

/// Notes the scripts that have decided something for the request that is being served, if one is.
pub fn note_scripts(rules: Vec<String>) {
    if !rules.is_empty() {
        // Time alone starts work too, and serves nobody.
        let _ = CURRENT.try_with(|notes| notes.scripts(rules));
    }
}

/// Notes the project that the request being served is about, where only its body names it.
pub fn note_scope(scope: &str) {
    let _ = CURRENT.try_with(|notes| notes.scope(scope.to_owned()));
}

/// Adds a word to whoever sent the request that is being served.
pub fn note_hint(hint: String) {
    let _ = CURRENT.try_with(|notes| notes.hint(hint));
}

/// What the layers below write down about a request while it is served.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

/// What was written down.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    /// The operation that serves the request.
    pub operation: Option<&'static Operation>,
    /// The one that comes nearest, where none does.
    pub nearest: Option<&'static Operation>,
    /// What the caller is told, piece by piece.
    pub hints: Vec<String>,
    /// What the request may be made of.
    spelling: Option<&'static Spelling>,
    /// The body, where a refusal may be due to its spelling.
    body: Bytes,
    /// The places in the body of what its type did not know.
    ignored: Vec<String>,
    /// The project, mesh or project key.
    pub scope: Option<String>,
    /// The name of who calls.
    pub caller: Option<Cow<'static, str>>,
    /// Who was let through, until the handler asks for it.
    admitted: Option<Caller>,
    /// The fault that hit.
    pub fault: Option<String>,
    /// The scripts that decided something.
    pub scripts: Vec<String>,
}

impl Notes {
    /// Notes which operation serves the request.
    pub fn serve(&self, operation: &'static Operation) {
        self.lock().operation = Some(operation);
    }

    /// Notes which operation comes nearest, where none serves the request.
    pub fn nearest(&self, operation: &'static Operation) {
        self.lock().nearest = Some(operation);
    }

    /// Notes what the request may be made of.
    pub fn spelling(&self, spelling: &'static Spelling) {
        self.lock().spelling = Some(spelling);
    }

    /// Notes the body, where a refusal may be due to its spelling.
    pub fn body(&self, body: Bytes) {
        self.lock().body = body;
    }

    /// Notes the places in the body of what its type did not know.
    pub fn ignored(&self, places: Vec<String>) {
        if !places.is_empty() {
            self.lock().ignored = places;
        }
    }

    /// Adds a word on what in the request is not known and may be misspelt.
    pub fn proofread(&self, query: Option<&str>, is_refused: bool) {
        let noted = &mut *self.lock();
        let Some(spelling) = noted.spelling else {
            return;
        };
        if let Some(query) = query {
            noted.hints.extend(spelling.on_query(query));
        }
        let ignored = std::mem::take(&mut noted.ignored);
        let on_ignored = ignored.iter().map(|place| spelling.on_ignored(place));
        noted.hints.extend(on_ignored);
        if is_refused {
            let body = std::mem::take(&mut noted.body);
            noted.hints.extend(spelling.on_refused(&body, &ignored));
        }
    }

    /// Adds a word to the caller, which goes into the header `x-emulator-hint`.
    pub fn hint(&self, hint: String) {
        self.lock().hints.push(hint);
    }

    /// Notes the project, mesh or project key that the request is about.
    pub fn scope(&self, scope: String) {
        self.lock().scope = Some(scope);
    }

    /// Notes the name of who calls.
    pub fn caller(&self, name: Cow<'static, str>) {
        self.lock().caller = Some(name);
    }

    /// Notes who was let through to the handler.
    pub fn admit(&self, caller: Caller) {
        self.lock().admitted = Some(caller);
    }

    /// Takes who was let through, for the handler.
    #[must_use]
    pub fn admitted(&self) -> Option<Caller> {
        self.lock().admitted.take()
    }

    /// Notes the scripts that have decided something.
    pub fn scripts(&self, rules: Vec<String>) {
        self.lock().scripts.extend(rules);
    }

    /// Notes the fault that hits.
    pub fn fault(&self, rule: &str) {
        self.lock().fault = Some(rule.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was written down.
    #[must_use]
    pub fn take(&self) -> Noted {
        std::mem::take(&mut *self.lock())
    }
}

impl Noted {
    /// The hints as one line of ASCII, cut where it gets too long; `None` if there are none.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let mut line = String::new();
        for character in self.hints.join("; ").chars() {
            if line.len() >= LONGEST_HINT {
                line.push_str(" ...");
                break;
            }
            let text = character.encode_utf8(&mut [0; 4]).to_owned();
            line.extend(utf8_percent_encode(&text, UNPRINTABLE));
        }
        (!line.is_empty()).then_some(line)
    }
}
