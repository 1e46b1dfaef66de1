/* <confirm-action><a href="page that asks">…</a><button hidden command="show-modal" commandfor="…">…</button></confirm-action>
   Without this module, or in a browser without command buttons, the link leads to the page that asks.
   With both, the button opens the dialog in place. */
class ConfirmAction extends HTMLElement {
  connectedCallback() {
    if (!("command" in HTMLButtonElement.prototype)) return;
    this.querySelector("a").hidden = true;
    this.querySelector("button").hidden = false;
  }
}

customElements.define("confirm-action", ConfirmAction);
