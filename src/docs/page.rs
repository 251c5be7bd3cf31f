//! A page of the guides.

/// A page of the guides.
#[derive(Debug)]
pub struct Page {
    /// The name, which is that of its file without `.md`.
    pub name: &'static str,
    /// The group of pages that it is listed in.
    pub section: &'static str,
    /// The text in Markdown. It begins with its title and one sentence that says what it is about.
    pub text: &'static str,
    /// The charts that are drawn in the place of its `mermaid` blocks, in their order.
    pub drawings: &'static [Drawing],
}

/// A chart as SVG.
#[derive(Debug)]
pub struct Drawing {
    /// The name, which is that of its file without `.svg`.
    pub name: &'static str,
    /// The drawing.
    pub svg: &'static str,
}

impl Page {
    /// The title.
    #[must_use]
    pub fn title(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches("# ")
    }

    /// The text for a terminal: without the sources of the charts, whose states are in a table below each, and without
    /// comments.
    #[must_use]
    pub fn printed(&self) -> String {
        let mut printed = String::with_capacity(self.text.len());
        let mut is_in_chart = false;
        for line in self.text.split_inclusive('\n') {
            let begins_chart = line.starts_with("```mermaid");
            let is_comment = line.starts_with("<!--");
            let is_empty = line == "\n" && printed.ends_with("\n\n");
            if !is_in_chart && !begins_chart && !is_comment && !is_empty {
                printed.push_str(line);
            }
            is_in_chart = begins_chart || is_in_chart && !line.starts_with("```");
        }
        printed
    }

    /// The first sentence, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let body = self.text.lines().skip(1).skip_while(|line| line.is_empty());
        let paragraph: Vec<&str> = body.take_while(|line| !line.is_empty()).collect();
        let paragraph = paragraph.join(" ");
        match paragraph.split_once(". ") {
            Some((sentence, _)) => format!("{sentence}."),
            None => paragraph,
        }
    }
}
