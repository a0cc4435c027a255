//! Operators of a flat list put into a tree by their precedence, all of them from left to right.

use super::super::ast::{Expr, LogicOp, MathOp, Value};

fn math_power(op: MathOp) -> u8 {
    match op {
        MathOp::Add | MathOp::Sub => 1,
        MathOp::Mul | MathOp::Div | MathOp::Modulo => 2,
    }
}

fn logic_power(op: LogicOp) -> u8 {
    match op {
        LogicOp::Or => 1,
        _ => 2,
    }
}

pub fn math(first: Expr, rest: Vec<(MathOp, Expr)>) -> Expr {
    climb(first, rest, math_power, |left, op, right| {
        let span = left.span.start..right.span.end;
        Expr::plain(Value::Math(Box::new(left), op, Box::new(right)), span)
    })
}

pub fn logic(first: Expr, rest: Vec<(LogicOp, Expr)>) -> Expr {
    climb(first, rest, logic_power, |left, op, right| {
        let span = left.span.start..right.span.end;
        Expr::plain(Value::Logic(Box::new(left), op, Box::new(right)), span)
    })
}

/// Both tables have two levels only: operands of the higher one are joined as they come, those of the lower one
/// once the next lower operator or the end is reached.
fn climb<Op: Copy>(
    first: Expr,
    rest: Vec<(Op, Expr)>,
    power: impl Fn(Op) -> u8,
    join: impl Fn(Expr, Op, Expr) -> Expr,
) -> Expr {
    let mut done: Option<(Expr, Op)> = None;
    let mut current = first;
    for (op, operand) in rest {
        if power(op) > 1 {
            current = join(current, op, operand);
        } else {
            let left = match done.take() {
                Some((left, lower)) => join(left, lower, current),
                None => current,
            };
            done = Some((left, op));
            current = operand;
        }
    }
    match done {
        Some((left, op)) => join(left, op, current),
        None => current,
    }
}
