(() => {
  const box = document.currentScript.parentElement;
  const area = box.querySelector('.cells'), said = box.querySelector('.said');
  const first = said.textContent;
  const facts = JSON.parse(box.querySelector('.facts').textContent);
  const names = facts.names, both = facts.together, n = names.length;
  area.addEventListener('mousemove', event => {
    const at = area.getBoundingClientRect();
    const row = Math.min(n - 1, Math.max(0,
      Math.floor((event.clientY - at.top) / at.height * n)));
    const column = Math.min(n - 1, Math.max(0,
      Math.floor((event.clientX - at.left) / at.width * n)));
    const a = both[row][row], b = both[column][column];
    const chance = a * b / facts.recordings;
    said.textContent = row === column
      ? `${names[row]}: ${a} recording${a === 1 ? '' : 's'}`
      : `${names[row]} (${a}) and ${names[column]} (${b}): `
        + `${both[row][column]} with both, ${chance.toFixed(1)} by chance`;
  });
  area.addEventListener('mouseleave', () => { said.textContent = first; });
})();
