// What was worked out about the page, kept only while one thing is described: a recorder must not watch all that changes.
() => {
  let answers = {};
  const forget = () => (answers = {});
  const remember = (kind, about, work) => {
    const known = (answers[kind] = answers[kind] || new Map());
    if (!known.has(about)) known.set(about, work());
    return known.get(about);
  };
  const watchTree = () => {};

  return { remember, forget, watchTree };
}
