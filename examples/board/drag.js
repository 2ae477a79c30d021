// Drag and drop of tasks, by that of the browser.  An element with data-id can be dragged to one
// with data-place.

let dragged = null;

// An element that has left the page gets no event when it is dropped.
export function isDragging() {
  return dragged?.isConnected ?? false;
}

const placeOf = (element) => element.closest('[data-place]');

function mark(place) {
  for (const other of document.querySelectorAll('.over')) if (other !== place) other.classList.remove('over');
  place?.classList.add('over');
}

// Returns the listener of a view, for the events dragstart, dragover, drop and dragend.  move:
// called with the id of a task, the place where it was, and that where it is dropped.
export function dragAndDrop(move) {
  const on = {
    dragstart({ target, dataTransfer }) {
      // Selected text and pictures can be dragged as well.
      dragged = target.closest?.('[data-id]') ?? null;
      if (!dragged) return;
      dataTransfer.setData('text/plain', dragged.querySelector('.title').textContent);
      dataTransfer.effectAllowed = 'move';
      // The picture under the pointer is taken after this event.
      requestAnimationFrame(() => dragged?.classList.add('dragged'));
    },
    dragover(event) {
      const place = placeOf(event.target);
      if (!place || !dragged) return;
      event.preventDefault();
      mark(place);
    },
    drop(event) {
      event.preventDefault();
      const { id } = dragged.dataset;
      const [from, to] = [placeOf(dragged), placeOf(event.target)];
      on.dragend();
      if (from && to && from !== to) move(id, from.dataset.place, to.dataset.place);
    },
    dragend() {
      mark(null);
      dragged?.classList.remove('dragged');
      dragged = null;
    },
  };
  return (event) => on[event.type](event);
}
