(() => {
  'use strict';
  const svg = document.querySelector('svg.erd');
  const input = document.querySelector('input');
  const output = document.querySelector('output');
  const whole = svg.viewBox.baseVal;
  const size = { width: whole.width, height: whole.height };
  const tables = [...svg.querySelectorAll('.erd-table')];
  const lines = [...svg.querySelectorAll('.erd-line')];

  // What is seen: pixels for each unit of the drawing, and its point in the upper left corner.
  let scale = 1;
  let left = 0;
  let top = 0;
  let isFitted = true;

  const show = () => {
    const { width, height } = svg.getBoundingClientRect();
    svg.setAttribute('viewBox', `${left} ${top} ${width / scale} ${height / scale}`);
  };
  // The tools stand above the drawing, so that it begins below them.
  const fit = () => {
    const { width, height } = svg.getBoundingClientRect();
    const bar = document.querySelector('.tools').getBoundingClientRect().bottom;
    scale = Math.min(width / size.width, Math.max(height - bar, 50) / size.height, 1.5);
    left = (size.width - width / scale) / 2;
    top = (size.height - (height + bar) / scale) / 2;
    isFitted = true;
    show();
  };
  const zoom = (factor, x = svg.clientWidth / 2, y = svg.clientHeight / 2) => {
    const next = Math.min(Math.max(scale * factor, 0.02), 8);
    left += x / scale - x / next;
    top += y / scale - y / next;
    scale = next;
    isFitted = false;
    show();
  };
  const move = (x, y) => {
    left -= x / scale;
    top -= y / scale;
    isFitted = false;
    show();
  };
  const centre = (element) => {
    const { width, height } = svg.getBoundingClientRect();
    const box = element.getBBox();
    scale = Math.max(scale, 0.8);
    left = box.x + box.width / 2 - width / scale / 2;
    top = box.y + box.height / 2 - height / scale / 2;
    isFitted = false;
    show();
  };

  // One pointer drags, two pinch.
  const pointers = new Map();
  let hasMoved = false;
  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, startX: event.clientX, startY: event.clientY });
    if (pointers.size === 1) hasMoved = false;
  });
  svg.addEventListener('pointermove', (event) => {
    const pointer = pointers.get(event.pointerId);
    if (!pointer) return;
    if (!hasMoved && Math.hypot(event.clientX - pointer.startX, event.clientY - pointer.startY) < 4) return;
    if (!hasMoved) svg.setPointerCapture(event.pointerId);
    hasMoved = true;
    svg.classList.add('is-moved');
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const before = Math.hypot(pointer.x - other.x, pointer.y - other.y);
      const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      if (before > 0) zoom(after / before, (event.clientX + other.x) / 2, (event.clientY + other.y) / 2);
    }
    const share = other ? 0.5 : 1;
    move((event.clientX - pointer.x) * share, (event.clientY - pointer.y) * share);
    pointer.x = event.clientX;
    pointer.y = event.clientY;
  });
  const release = (event) => {
    pointers.delete(event.pointerId);
    if (pointers.size === 0) svg.classList.remove('is-moved');
  };
  svg.addEventListener('pointerup', release);
  svg.addEventListener('pointercancel', release);
  svg.addEventListener('pointerleave', (event) => {
    if (!svg.hasPointerCapture(event.pointerId)) release(event);
  });
  svg.addEventListener('wheel', (event) => {
    event.preventDefault();
    const delta = event.deltaY * [1, 16, 400][event.deltaMode];
    zoom(Math.exp(-Math.max(-400, Math.min(400, delta)) * 0.0018), event.clientX, event.clientY);
  }, { passive: false });

  // A click on a table shows what it refers to, and what refers to it.
  svg.addEventListener('click', (event) => {
    if (hasMoved) return;
    const table = event.target.closest('.erd-table');
    const isSame = table?.classList.contains('is-picked');
    for (const element of [...tables, ...lines]) element.classList.remove('is-near', 'is-picked');
    svg.classList.toggle('is-chosen', Boolean(table) && !isSame);
    if (!table || isSame) return;
    table.classList.add('is-near', 'is-picked');
    const own = table.dataset.table;
    for (const line of lines) {
      const { from, to } = line.dataset;
      if (from !== own && to !== own) continue;
      line.classList.add('is-near');
      for (const end of [from, to]) tables[end].classList.add('is-near');
    }
  });

  let hits = [];
  let current = 0;
  const present = () => {
    for (const table of tables) table.classList.remove('is-current');
    output.textContent = input.value.trim() === '' ? '' : hits.length === 0 ? 'none' : `${current + 1} / ${hits.length}`;
    if (hits.length === 0) return;
    const hit = hits[current];
    hit.closest('.erd-table').classList.add('is-current');
    centre(hit.classList.contains('erd-row') ? hit : hit.querySelector('.erd-head'));
  };
  const search = () => {
    const wanted = input.value.trim().toLowerCase();
    const names = (element) => wanted !== '' && element.dataset.name.toLowerCase().includes(wanted);
    hits = [];
    current = 0;
    for (const table of tables) {
      const rows = [...table.querySelectorAll('.erd-row')].filter((row) => {
        const isHit = names(row);
        row.classList.toggle('is-hit', isHit);
        return isHit;
      });
      if (names(table)) hits.push(table);
      hits.push(...rows);
      table.classList.toggle('is-hit', names(table) || rows.length > 0);
    }
    // A table whose name matches is more likely meant than a column.
    hits.sort((a, b) => a.classList.contains('erd-row') - b.classList.contains('erd-row'));
    svg.classList.toggle('is-searched', hits.length > 0);
    present();
  };
  const step = (by) => {
    if (hits.length === 0) return;
    current = (current + by + hits.length) % hits.length;
    present();
  };
  input.addEventListener('input', search);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') {
      input.value = '';
      search();
      input.blur();
    }
  });

  const actions = {
    in: () => zoom(1.3),
    out: () => zoom(1 / 1.3),
    fit,
    next: () => step(1),
    previous: () => step(-1),
  };
  document.querySelector('.tools').addEventListener('click', (event) => actions[event.target.dataset.do]?.());
  document.addEventListener('keydown', (event) => {
    if (event.target === input || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      '+': actions.in,
      '=': actions.in,
      '-': actions.out,
      0: fit,
      '/': () => input.focus(),
      ArrowLeft: () => move(80, 0),
      ArrowRight: () => move(-80, 0),
      ArrowUp: () => move(0, 80),
      ArrowDown: () => move(0, -80),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  window.addEventListener('resize', () => (isFitted ? fit() : show()));
  fit();
})();
