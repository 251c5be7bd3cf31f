//! The query of the list, bound as the service does it.

use crate::families::zadig::query::{Params, integer};
use crate::families::zadig::release_plans::table::ZadigPlanPage;

/// Binds the query of a list; the error is the service's text. Zero counts as absent, and a negative number asks for
/// everything.
pub fn plan_page(params: &Params) -> Result<ZadigPlanPage, String> {
    let number = integer(params.get("pageNum"))?;
    let size = integer(params.get("pageSize"))?;
    let fields = [("PageNum", number), ("PageSize", size)];
    let missing = fields.iter().filter(|(_, number)| *number == 0);
    let errors = missing.map(|(field, _)| {
        format!(
            "Key: 'OpenAPIListReleasePlanOption.{field}' Error:Field validation for '{field}' failed on the \
             'required' tag"
        )
    });
    let errors: Vec<_> = errors.collect();
    if errors.is_empty() {
        Ok(ZadigPlanPage { number, size })
    } else {
        Err(errors.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parameters_are_required_and_a_malformed_number_goes_first() {
        let bind = |query| plan_page(&Params::from_query(Some(query)));
        let missing = |field: &str| {
            format!(
                "Key: 'OpenAPIListReleasePlanOption.{field}' Error:Field validation for '{field}' failed on the 'required' tag"
            )
        };
        let both = format!("{}\n{}", missing("PageNum"), missing("PageSize"));
        assert_eq!(bind("pageNum=0"), Err(both));
        assert_eq!(bind("pageNum=1&pageSize="), Err(missing("PageSize")));
        let malformed = "strconv.ParseInt: parsing \"x\": invalid syntax";
        assert_eq!(bind("pageSize=x"), Err(malformed.to_owned()));
        let (number, size) = (-1, 5);
        assert_eq!(
            bind("pageNum=-1&pageSize=5"),
            Ok(ZadigPlanPage { number, size })
        );
    }
}
