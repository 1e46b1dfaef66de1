/* Linked in the head without defer, so that a chosen theme is set before anything is painted. */
try {
  const theme = localStorage.getItem("hub-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  /* Storage is refused: the system's theme it is. */
}
