/** The badger's head: two dark bands on a light face. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg className="logo" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        className="logo-face"
        d="M4 12C4 6 9 3.500 16 3.500S28 6 28 12c0 6-4.500 9-7.200 14.200C19.700 28.300 18.400 29.500 16 29.500s-3.700-1.200-4.800-3.300C8.500 21 4 18 4 12z"
      />
      <path
        className="logo-band"
        d="M13.600 3.700C9 4.300 6.300 6.600 5.400 9.300c1.200 5.200 5.600 9.300 7.300 15.700.2.700 1.200.6 1.300-.1L14.700 4.500c0-.5-.5-.9-1.100-.8zM18.400 3.700c4.600.6 7.300 2.900 8.200 5.600-1.200 5.200-5.600 9.300-7.300 15.700-.2.700-1.200.6-1.300-.1L17.300 4.500c0-.5.500-.9 1.100-.8z"
      />
      <path className="logo-eye" d="M10.900 12.600a1.500 1.500 0 1 0 .1 0zM21 12.600a1.500 1.500 0 1 0 .1 0z" />
      <path
        className="logo-band"
        d="M13.300 26.300c1.700-.9 3.700-.9 5.400 0-.4 2.100-1.300 3.200-2.700 3.200s-2.300-1.100-2.700-3.200z"
      />
    </svg>
  );
}
