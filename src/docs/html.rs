//! The pages as HTML.

use std::fmt::Write;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::{Drawing, PAGES, Page};

/// The style sheet.
pub const STYLE: &str = include_str!("style.css");

/// The address of the picture in a browser's tab. It holds the picture, so that no browser asks for another one.
pub const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect width='16' height='16' rx='3' fill='%230b57d0'/%3E\
    %3Cpath d='M3.5 4l4 4-4 4M8.5 4l4 4-4 4' fill='none' stroke='white' stroke-width='1.8'/%3E%3C/svg%3E";

/// The folder that the pages are served in.
const FOLDER: &str = "/_emulator/docs/";

/// The page as an HTML document.
#[must_use]
pub fn render(page: &Page) -> String {
    let mut body = String::new();
    html::push_html(&mut body, events(page).into_iter());
    document(page.title(), Some(page.name), &body)
}

/// The document for a name that no page has.
#[must_use]
pub fn not_found(name: &str) -> String {
    let mut body = String::from("<h1>No such page</h1>\n<p>There is no page ");
    push_escaped(&mut body, name);
    body.push('.');
    if let Some(near) = super::nearest_page(name) {
        let _ = write!(body, " Did you mean <a href=\"{FOLDER}{near}\">{near}</a>?");
    }
    body.push_str("</p>\n");
    document("No such page", None, &body)
}

/// The id of a heading, which is the one that GitHub gives it.
#[must_use]
pub fn slug(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The events of a page: headings with ids, links to other pages without their `.md`, drawings in place of their text.
fn events(page: &Page) -> Vec<Event<'static>> {
    let mut drawings = page.drawings.iter();
    let mut events: Vec<Event> = Vec::new();
    let mut is_comment = false;
    let mut heading: Option<(usize, String)> = None;
    for event in Parser::new_ext(page.text, Options::ENABLE_TABLES) {
        let event = match event {
            Event::Start(Tag::HtmlBlock) => {
                is_comment = true;
                continue;
            }
            Event::End(TagEnd::HtmlBlock) => {
                is_comment = false;
                continue;
            }
            // The markers of generated parts.
            Event::Html(_) if is_comment => continue,
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => Event::Start(Tag::Link {
                link_type,
                dest_url: target(&dest_url),
                title,
                id,
            }),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if &*language == "mermaid" =>
            {
                if let Some(Drawing { name, .. }) = drawings.next() {
                    let title = page.title();
                    let image = format!(
                        "<p class=\"drawing\"><img src=\"{FOLDER}{name}.svg\" alt=\"The states of {title}; the text has the same\"></p>\n\
                         <details><summary>As text</summary>\n"
                    );
                    events.push(Event::Html(image.into()));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
            }
            Event::Start(Tag::Heading { .. }) => {
                heading = Some((events.len(), String::new()));
                event
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((at, text)) = heading.take()
                    && let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at)
                {
                    *id = Some(slug(&text).into());
                }
                event
            }
            Event::Text(ref text) | Event::Code(ref text) => {
                if let Some((_, words)) = &mut heading {
                    words.push_str(text);
                }
                event
            }
            event => event,
        };
        let ends_drawing = matches!(event, Event::End(TagEnd::CodeBlock))
            && events.iter().rev().find_map(is_mermaid).unwrap_or(false)
            && !page.drawings.is_empty();
        events.push(event.into_static());
        if ends_drawing {
            events.push(Event::Html("</details>\n".into()));
        }
    }
    events
}

/// True for the start of a chart as text, false for that of another code block.
fn is_mermaid(event: &Event) -> Option<bool> {
    match event {
        Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
            Some(&**language == "mermaid")
        }
        Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => Some(false),
        _ => None,
    }
}

/// The target of a link: a page is served without its ending.
fn target<'a>(link: &str) -> CowStr<'a> {
    if link.contains("://") {
        return link.to_owned().into();
    }
    let (file, anchor) = link
        .split_once('#')
        .map_or((link, ""), |(file, anchor)| (file, anchor));
    let mut target = match file.strip_suffix(".md") {
        Some("index") => FOLDER.to_owned(),
        Some(name) => format!("{FOLDER}{name}"),
        None => file.to_owned(),
    };
    if !anchor.is_empty() {
        target.extend(["#", anchor]);
    }
    target.into()
}

/// An HTML document with the list of pages beside its body.
fn document(title: &str, present: Option<&str>, body: &str) -> String {
    let mut text = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>",
    );
    push_escaped(&mut text, title);
    if present != Some("index") {
        text.push_str(" - release-emulator");
    }
    let _ = write!(
        text,
        "</title>\n<link rel=\"icon\" href=\"{ICON}\">\n<link rel=\"stylesheet\" href=\"{FOLDER}style.css\">\n</head>\n<body>\n<nav>\n"
    );
    for section in PAGES.chunk_by(|one, other| one.section == other.section) {
        let _ = write!(text, "<h2>{}</h2>\n<ul>\n", section[0].section);
        for page in section {
            let path = if page.name == "index" { "" } else { page.name };
            let mark = if present == Some(page.name) {
                " aria-current=\"page\""
            } else {
                ""
            };
            let _ = write!(text, "<li><a href=\"{FOLDER}{path}\"{mark}>");
            push_escaped(&mut text, page.title());
            text.push_str("</a></li>\n");
        }
        text.push_str("</ul>\n");
    }
    text.push_str("</nav>\n<main>\n");
    text.push_str(body);
    text.push_str("</main>\n</body>\n</html>\n");
    text
}

fn push_escaped(text: &mut String, words: &str) {
    for c in words.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            c => text.push(c),
        }
    }
}
