//! What closures capture that they may not: variables they would write to, and variables of a branch.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{BinOp, Block, Expr, Ident, Local};

use super::pattern_variables;

/// The captured `variables` that `f` assigns to or borrows with `&mut`, each where it first does so.
pub(super) fn written(f: &Expr, variables: &[String]) -> Vec<Ident> {
    find(f, variables, false)
}

/// The `variables` that `f` mentions at all, each where it first does so.
pub(super) fn mentioned(f: &Expr, variables: &[String]) -> Vec<Ident> {
    find(f, variables, true)
}

fn find(f: &Expr, variables: &[String], reads: bool) -> Vec<Ident> {
    let mut finder = Finder { variables, reads, bound: Vec::new(), found: Vec::new() };
    finder.visit_expr(f);
    finder.found
}

struct Finder<'v> {
    variables: &'v [String],
    /// Whether reading counts.
    reads: bool,
    /// Names that closures and statements inside bind anew.
    bound: Vec<String>,
    found: Vec<Ident>,
}

impl Finder<'_> {
    fn note(&mut self, name: &Ident) {
        let is_captured = self.variables.iter().any(|known| name == known)
            && !self.bound.iter().any(|bound| name == bound);
        if is_captured && !self.found.contains(name) {
            self.found.push(name.clone());
        }
    }

    /// Names among a macro's tokens, or inside its format string.
    fn scan(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Ident(word) => self.note(&word),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    for part in text.split('{').skip(1) {
                        let word = part.split([':', '}']).next().unwrap_or_default();
                        if self.variables.iter().any(|known| known == word) {
                            self.note(&Ident::new(word, literal.span()));
                        }
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// Notes the variable that a place such as `totals.price[3]` belongs to.
    fn write(&mut self, place: &Expr) {
        match place {
            Expr::Path(path) => path.path.get_ident().into_iter().for_each(|name| self.note(name)),
            Expr::Field(field) => self.write(&field.base),
            Expr::Index(index) => self.write(&index.expr),
            Expr::Paren(inner) => self.write(&inner.expr),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(name) = path.path.get_ident().filter(|_| self.reads) {
            self.note(name);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if self.reads {
            self.scan(call.tokens.clone());
        }
    }

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
