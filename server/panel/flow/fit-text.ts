const widths = new Map<string, number>();
let context: CanvasRenderingContext2D | null | undefined;

/** The width of a text in the panel's font, in CSS pixels. Fonts differ between systems, and SVG does not shorten text by itself. */
export function textWidth(text: string, size: number, weight: number): number {
  const font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  const key = `${font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    context ??= document.createElement('canvas').getContext('2d');
    if (context === null) return 0;
    context.font = font;
    width = context.measureText(text).width;
    if (widths.size > 2000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/** SVG attributes that squeeze a text into `room`; none where it fits. */
export function squeezed(
  text: string,
  room: number,
  size: number,
  weight: number,
): { textLength?: number; lengthAdjust?: 'spacingAndGlyphs' } {
  return textWidth(text, size, weight) > room ? { textLength: room, lengthAdjust: 'spacingAndGlyphs' } : {};
}
