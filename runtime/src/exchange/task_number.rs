//! The number by which a user's partitioner names a task.

/// An integer that names a task: `task % parallelism`, counted from the end where it is negative.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not number a task",
    label = "not an integer",
    note = "to fix: return an integer from `partition_by`, such as `x.region as u64`"
)]
pub trait TaskNumber {
    /// The task among `tasks`.
    fn modulo(self, tasks: usize) -> usize;
}

macro_rules! unsigned {
    ($($number:ty)*) => {$(
        impl TaskNumber for $number {
            #[inline(always)]
            fn modulo(self, tasks: usize) -> usize {
                // Less than `tasks`, so it fits.
                (self as u64 % tasks as u64) as usize
            }
        }
    )*};
}
unsigned!(u8 u16 u32 u64 usize);

macro_rules! signed {
    ($($number:ty)*) => {$(
        impl TaskNumber for $number {
            #[inline(always)]
            fn modulo(self, tasks: usize) -> usize {
                (i128::from(self as i64)).rem_euclid(tasks as i128) as usize
            }
        }
    )*};
}
signed!(i8 i16 i32 i64 isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_integer_names_a_task_that_exists() {
        assert_eq!(7_u64.modulo(3), 1);
        assert_eq!(u64::MAX.modulo(2), 1);
        assert_eq!((-1_i32).modulo(3), 2);
        assert_eq!(i64::MIN.modulo(3), (i128::from(i64::MIN).rem_euclid(3)) as usize);
        assert_eq!(5_usize.modulo(1), 0);
    }
}
