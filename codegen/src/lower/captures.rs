//! Captured variables that a closure would write to.

use syn::visit::Visit;
use syn::{BinOp, Block, Expr, Ident, Local};

use super::pattern_variables;

/// The captured `variables` that `f` assigns to or borrows with `&mut`, each where it first does so.
pub(super) fn written(f: &Expr, variables: &[String]) -> Vec<Ident> {
    let mut finder = Finder { variables, bound: Vec::new(), found: Vec::new() };
    finder.visit_expr(f);
    finder.found
}

struct Finder<'v> {
    variables: &'v [String],
    /// Names that closures and statements inside bind anew.
    bound: Vec<String>,
    found: Vec<Ident>,
}

impl Finder<'_> {
    /// Notes the variable that a place such as `totals.price[3]` belongs to.
    fn write(&mut self, place: &Expr) {
        match place {
            Expr::Path(path) => {
                let Some(name) = path.path.get_ident() else { return };
                let is_captured = self.variables.iter().any(|known| name == known)
                    && !self.bound.iter().any(|bound| name == bound);
                if is_captured && !self.found.contains(name) {
                    self.found.push(name.clone());
                }
            }
            Expr::Field(field) => self.write(&field.base),
            Expr::Index(index) => self.write(&index.expr),
            Expr::Paren(inner) => self.write(&inner.expr),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.write(&assign.left);
        syn::visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if is_assignment(&binary.op) {
            self.write(&binary.left);
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        if reference.mutability.is_some() {
            self.write(&reference.expr);
        }
        syn::visit::visit_expr_reference(self, reference);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let outer = self.bound.len();
        for input in &closure.inputs {
            pattern_variables(input, &mut self.bound);
        }
        self.visit_expr(&closure.body);
        self.bound.truncate(outer);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let outer = self.bound.len();
        syn::visit::visit_block(self, block);
        self.bound.truncate(outer);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        syn::visit::visit_local(self, local);
        pattern_variables(&local.pat, &mut self.bound);
    }
}

fn is_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(closure: &str, expect: &str) {
        let closure: Expr = syn::parse_str(closure).expect("a closure");
        let known = ["total".to_owned(), "seen".to_owned()];
        let found: Vec<String> = written(&closure, &known).iter().map(Ident::to_string).collect();
        assert_eq!(found.join(" "), expect);
    }

    #[test]
    fn writes_to_captures_are_found() {
        check("|b| { total += b.price; b }", "total");
        check("|b| { seen.last[0] = b.price; total -= 1; total += 1 }", "seen total");
        check("|b| fill(&mut seen)", "seen");
        check("|b| { (0..3).for_each(|i| total += i); b }", "total");
    }

    #[test]
    fn reads_and_names_bound_inside_are_not() {
        check("|b| total + seen.len()", "");
        check("|total| { total = 3; total }", "");
        check("|b| { let mut total = total; total += b.price; total }", "");
        check("|b| b.total = 3", "");
    }
}
