//! The query of the internal list, bound as the service does it.

use crate::families::zadig::query::{Params, integer};

/// The selection of versions and the page of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseQuery {
    /// Empty: all projects.
    pub project: String,
    /// Empty: all workflows.
    pub workflow: String,
    /// 0: all tasks.
    pub task: i64,
    /// Empty: all services.
    pub service: String,
    /// True if only the versions themselves are shown.
    pub is_brief: bool,
    /// The number of the page as it was sent; 0 if it was not.
    pub page: i64,
    /// The maximum number of versions on the page; 0 if none was sent.
    pub per_page: i64,
}

impl ReleaseQuery {
    /// Binds a query; the error is the parser's text, which the service does not show.
    pub fn bind(params: &Params) -> Result<Self, String> {
        let text = |key| params.get(key).unwrap_or_default().to_owned();
        Ok(Self {
            page: integer(params.get("page"))?,
            per_page: integer(params.get("per_page"))?,
            task: integer(params.get("taskId"))?,
            project: text("projectName"),
            workflow: text("workflowName"),
            service: text("serviceName"),
            is_brief: params.get("verbosity") == Some("brief"),
        })
    }

    /// The first version of the page, counted from 0, and the most versions on it.
    pub fn range(&self) -> (usize, usize) {
        let page = usize::try_from(self.page).ok().filter(|page| *page > 0);
        let size = usize::try_from(self.per_page).ok();
        let size = size.filter(|size| *size > 0).unwrap_or(20);
        (size.saturating_mul(page.unwrap_or(1) - 1), size)
    }
}
