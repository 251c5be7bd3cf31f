//! The shell sessions of a page.

/// A command of a session, with the line it begins at and the output that follows it behind `# `.
pub struct SessionCommand {
    pub line: usize,
    pub command: String,
    pub expected: String,
}

/// The commands of the sessions of a page that begin with a program.
pub fn sessions(text: &str, program: &str) -> Vec<SessionCommand> {
    let mut lines = text.lines().enumerate().peekable();
    let mut commands = Vec::new();
    while let Some((_, line)) = lines.next() {
        let begins = |next: &str| {
            next.starts_with(program) || (program == "curl" && next.starts_with("sleep "))
        };
        if line != "```sh" || !lines.peek().is_some_and(|(_, next)| begins(next)) {
            continue;
        }
        let mut session: Vec<SessionCommand> = Vec::new();
        for (n, line) in lines.by_ref() {
            match session.last_mut() {
                _ if line == "```" => break,
                Some(last) if is_open(&last.command) => {
                    let so_far = last.command.trim_end_matches('\\').to_owned();
                    last.command = format!("{so_far}\n{line}");
                }
                Some(last) if line.starts_with("# ") => last.expected.push_str(&line[2..]),
                _ => session.push(SessionCommand {
                    line: n + 1,
                    command: line.to_owned(),
                    expected: String::new(),
                }),
            }
        }
        commands.extend(session);
    }
    commands
}

/// True if a shell would wait for more: inside quotes, or after a backslash.
fn is_open(command: &str) -> bool {
    command.ends_with('\\') || command.matches('\'').count() % 2 == 1
}

/// Splits a command as a shell does: at blanks outside quotes.
pub fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in command.chars() {
        match (c, quote) {
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (c, Some(open)) if c == open => quote = None,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// True if a text is as expected; `…` stands for anything.
pub fn fits(actual: &str, expected: &str) -> bool {
    let parts: Vec<&str> = expected.split('…').collect();
    let [first, middle @ .., last] = &parts[..] else {
        return actual == expected;
    };
    let Some(mut rest) = actual.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
