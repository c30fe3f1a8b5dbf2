//! Shapes that are shown alike: what differs in them is within values, as `consumer: ID:<*>` and `consumer: <*>><*>` are to
//! the engine. To who reads them they are one.

use std::collections::HashMap;

/// For each shape that has a template in common with another, the one of the most lines that all of these go by.
/// `lines`: shape and template of each line.
pub fn same(lines: &[(String, String)]) -> HashMap<&str, &str> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut counts: Vec<(usize, &str)> = Vec::new();
    let mut groups = Groups::default();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (shape, template) in lines {
        let number = *numbers.entry(shape).or_insert_with(|| {
            counts.push((0, shape));
            groups.add()
        });
        counts[number].0 += 1;
        groups.join(*first.entry(template).or_insert(number), number);
    }
    let mut names: HashMap<usize, (usize, &str)> = HashMap::new();
    for (number, count) in counts.iter().enumerate() {
        let name = names.entry(groups.of(number)).or_insert(*count);
        *name = (*name).max(*count);
    }
    numbers
        .iter()
        .map(|(&shape, &number)| (shape, names[&groups.of(number)].1))
        .filter(|(shape, name)| shape != name)
        .collect()
}

/// Numbers that belong together: each has the next one on the way to the first of its group.
#[derive(Default)]
struct Groups(Vec<usize>);

impl Groups {
    fn add(&mut self) -> usize {
        self.0.push(self.0.len());
        self.0.len() - 1
    }

    fn of(&self, mut number: usize) -> usize {
        while self.0[number] != number {
            number = self.0[number];
        }
        number
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.of(one), self.of(other));
        self.0[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_with_a_template_in_common_go_by_the_one_with_the_most_lines() {
        let lines = [("a", "x"), ("b", "x"), ("b", "y"), ("c", "y"), ("d", "z")]
            .map(|(shape, template)| (shape.to_owned(), template.to_owned()));
        assert_eq!(same(&lines), HashMap::from([("a", "b"), ("c", "b")]));
    }
}
